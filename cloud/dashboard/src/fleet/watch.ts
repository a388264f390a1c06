/**
 * Asks the cloud again and again what the fleet does, while somebody looks. Holds what was last said while the cloud is
 * away, and says since when.
 *
 * A visit asks every store in turn: up to a few of them each time, those longest unheard first, so that an organisation
 * of a thousand stores costs the cloud no more a second than one of eight.
 */

import { Reader, type Outcome } from "../api/calls";
import type { Items, Journals, Sale, SetAside, Store, Sum, Till, Generation } from "../api/types";
import { noteArrivals } from "./arrivals";
import { type FleetKnown, isForbidden, type Part, type StoreKnown, told, unheard } from "./known";
import { tradingDay } from "./today";

export const ASK_EVERY_MS = 2_000;
/** While the cloud does not answer, the pause grows to this. */
const LONGEST_PAUSE_MS = 10_000;
const STORES_AT_ONCE = 8;
/** The newest sales of each store that are asked for. */
export const SALES_SHOWN = 20;

const NOTHING: FleetKnown = {
  stores: unheard(),
  journals: unheard(),
  setAside: unheard(),
  heardAtMs: null,
  clockOffsetMs: 0,
  arrivals: new Map(),
};

export interface Clock {
  now(): number;
}

export class FleetWatch {
  private known = NOTHING;
  private readonly listeners = new Set<() => void>();
  private readonly asked = new Map<string, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private asking = false;
  private silentRounds = 0;
  private refusedUntilMs = 0;
  private paths = new Set<string>();

  constructor(
    private readonly reader: Reader,
    private readonly onSignedOut: () => void,
    private readonly clock: Clock = { now: () => Date.now() },
  ) {}

  readonly current = (): FleetKnown => this.known;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Asks until the returned function is called; not while the page is hidden. */
  start(): () => void {
    this.running = true;
    const look = () => void this.turn();
    document.addEventListener("visibilitychange", look);
    window.addEventListener("online", look);
    look();
    return () => {
      this.running = false;
      clearTimeout(this.timer);
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("online", look);
    };
  }

  /** Asks now: something was changed here, and whoever changed it wants to see it. */
  readonly askNow = (): void => {
    this.silentRounds = 0;
    void this.turn();
  };

  private async turn(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.running || this.asking || document.visibilityState === "hidden") {
      return;
    }
    this.asking = true;
    const began = this.clock.now();
    await this.ask();
    this.asking = false;
    if (this.running) {
      this.timer = setTimeout(() => void this.turn(), this.pauseMs(began));
    }
  }

  private pauseMs(began: number): number {
    const usual = Math.min(LONGEST_PAUSE_MS, ASK_EVERY_MS * 2 ** Math.min(this.silentRounds, 4));
    const now = this.clock.now();
    return Math.max(250, began + usual - now, this.refusedUntilMs - now);
  }

  /** One visit to the cloud. */
  async ask(): Promise<void> {
    this.paths = new Set();
    const stores = await this.get<Items<Store>>("/api/v1/stores");
    if (!stores.ok) {
      this.hear({ stores: told(this.known.stores, stores, this.clock.now()) }, [stores]);
      return;
    }
    const before = new Map(this.known.stores.value?.map((known) => [known.store.id, known]));
    const all = stores.value.items.map((store) => withStore(before.get(store.id), store, this.cloudNow()));
    const turn = new Set(this.whoseTurn(all));
    const [journals, setAside, ...looked] = await Promise.all([
      this.look(this.known.journals, () => this.get<Journals>("/api/v1/journals")),
      this.look(this.known.setAside, () => this.items<SetAside>("/api/v1/set-aside")),
      ...all.map((known) => (turn.has(known.store.id) ? this.lookAt(known) : known)),
    ]);
    // What a store that waits for its turn is known by stays known.
    for (const known of looked.filter((one) => !turn.has(one.store.id))) {
      pathsOf(known).forEach((path) => this.paths.add(path));
    }
    const now = this.clock.now();
    const sales = looked.flatMap((known) => known.sales.value ?? []);
    const first = this.known.stores.value === null;
    this.hear(
      {
        stores: { value: looked, heardAtMs: now, failure: null },
        journals,
        setAside,
        arrivals: noteArrivals(this.known.arrivals, this.seen(), sales, first, now),
      },
      [stores],
    );
  }

  private seen(): ReadonlySet<string> {
    return new Set(this.known.stores.value?.flatMap((known) => known.sales.value?.map((sale) => sale.id) ?? []));
  }

  private whoseTurn(all: readonly StoreKnown[]): readonly string[] {
    const ids = all.map((known) => known.store.id);
    const turn = ids.sort((a, b) => (this.asked.get(a) ?? 0) - (this.asked.get(b) ?? 0)).slice(0, STORES_AT_ONCE);
    for (const id of turn) {
      this.asked.set(id, this.clock.now());
    }
    return turn;
  }

  private async lookAt(known: StoreKnown): Promise<StoreKnown> {
    const [tillsAt, generationsAt, sumsAt, salesAt] = pathsOf(known);
    const [tills, generations, sums, sales] = await Promise.all([
      this.look(known.tills, () => this.items<Till>(tillsAt)),
      this.look(known.generations, () => this.items<Generation>(generationsAt)),
      this.look(known.sums, () => this.items<Sum>(sumsAt)),
      this.look(known.sales, () => this.items<Sale>(salesAt)),
    ]);
    return { ...known, tills, generations, sums, sales };
  }

  /** What a role does not show is not asked for again: the answer would be the same until the next sign-in. */
  private async look<T>(part: Part<T>, get: () => Promise<Outcome<T>>): Promise<Part<T>> {
    return isForbidden(part) ? part : told(part, await get(), this.clock.now());
  }

  private async items<T>(path: string): Promise<Outcome<readonly T[]>> {
    const outcome = await this.get<Items<T>>(path);
    return outcome.ok ? { ok: true, value: outcome.value.items } : outcome;
  }

  private async get<T>(path: string): Promise<Outcome<T>> {
    this.paths.add(path);
    const outcome = await this.reader.get<T>(path);
    if (!outcome.ok && outcome.failure.kind === "refused") {
      const { code, status, retry_after_s } = outcome.failure.problem;
      if (status === 401) {
        this.running = false;
        this.onSignedOut();
      }
      if (code === "too_many_requests") {
        this.refusedUntilMs = this.clock.now() + (retry_after_s ?? 5) * 1_000;
      }
    }
    return outcome;
  }

  private hear(changes: Partial<FleetKnown>, answers: readonly Outcome<unknown>[]): void {
    const heard = answers.some((answer) => answer.ok || answer.failure.kind === "refused");
    this.silentRounds = heard ? 0 : this.silentRounds + 1;
    this.reader.forgetAllBut(heard ? this.paths : new Set([...this.paths, ...this.allPaths()]));
    this.known = {
      ...this.known,
      ...changes,
      heardAtMs: heard ? this.clock.now() : this.known.heardAtMs,
      clockOffsetMs: this.reader.clockOffsetMs,
    };
    for (const listener of this.listeners) {
      listener();
    }
  }

  private allPaths(): readonly string[] {
    return ["/api/v1/journals", "/api/v1/set-aside", ...(this.known.stores.value?.flatMap(pathsOf) ?? [])];
  }

  private cloudNow(): number {
    return this.clock.now() + this.reader.clockOffsetMs;
  }
}

function withStore(before: StoreKnown | undefined, store: Store, cloudNowMs: number): StoreKnown {
  const day = tradingDay(cloudNowMs, store.time_zone, before?.sales.value ?? []);
  if (before === undefined) {
    return { store, day, tills: unheard(), generations: unheard(), sums: unheard(), sales: unheard() };
  }
  if (before.day === day) {
    return before.store === store ? before : { ...before, store };
  }
  // Yesterday's sums are not today's, not even until the cloud has said today's.
  return { ...before, store, day, sums: unheard() };
}

type StorePaths = readonly [tills: string, generations: string, sums: string, sales: string];

function pathsOf({ store, day }: StoreKnown): StorePaths {
  const at = `/api/v1/stores/${encodeURIComponent(store.id)}`;
  return [
    `${at}/tills`,
    `${at}/generations`,
    `${at}/sales/sums?first_day=${day}&last_day=${day}`,
    `${at}/sales?limit=${SALES_SHOWN}`,
  ];
}
