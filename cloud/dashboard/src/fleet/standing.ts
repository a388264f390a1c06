/** What can be said of a till and its store from what the cloud knows. */

import type { Generation, Journals, SetAside, Sum, Till } from "../api/types";
import type { Part } from "./known";

/** Tills report every 10 s; one that missed two reports and some is away. */
export const AWAY_AFTER_MS = 30_000;

export type Standing = "connected" | "away" | "never" | "retired";

/** `cloudNowMs` is when the cloud was heard, by its clock: what happened to the till since, nobody here knows. */
export function standingOf(till: Till, cloudNowMs: number): Standing {
  if (till.retired_at_ms !== undefined) {
    return "retired";
  }
  if (till.last_seen === undefined) {
    return "never";
  }
  return cloudNowMs - till.last_seen.at_ms <= AWAY_AFTER_MS ? "connected" : "away";
}

export function standingsOf(tills: Part<readonly Till[]>, clockOffsetMs: number): readonly Standing[] {
  const { value, heardAtMs } = tills;
  return value === null || heardAtMs === null ? [] : value.map((till) => standingOf(till, heardAtMs + clockOffsetMs));
}

/** Sales that a till has and the cloud does not, as far as the till was heard. */
export function unsentOf(till: Till, store: string, journals: Journals): number {
  const head = journals.heads.find((one) => one.store === store && one.till === till.id);
  return Math.max(0, (till.last_seen?.sequence ?? 0) - (head?.sequence ?? 0));
}

/** What a till sells from, against the newest its store has. */
export type Catalogue =
  | { readonly kind: "none" }
  | { readonly kind: "newest" | "unknown"; readonly number: number }
  | { readonly kind: "behind"; readonly number: number; readonly by: number };

/** `unknown` where the newest is not known here, or the till has one that the cloud has not: nothing can be said then. */
export function catalogueOf(till: Till, newestNumber: number | null): Catalogue {
  const number = till.last_seen?.generation ?? 0;
  if (number === 0) {
    return { kind: "none" };
  }
  if (newestNumber === null || number > newestNumber) {
    return { kind: "unknown", number };
  }
  return number === newestNumber ? { kind: "newest", number } : { kind: "behind", number, by: newestNumber - number };
}

export function newestOf(generations: readonly Generation[]): Generation | null {
  return generations.reduce<Generation | null>((best, one) => (best === null || one.number > best.number ? one : best), null);
}

/** An amount in one currency. */
export interface Amount {
  readonly currency: string;
  readonly exponent: number;
  readonly minor: number;
}

export interface Sold {
  readonly sales: number;
  /** One for each currency; none when nothing was sold. */
  readonly amounts: readonly Amount[];
}

/** What one till sold, or all of them. Amounts of different currencies are never added. */
export function soldBy(sums: readonly Sum[], till?: string): Sold {
  const own = sums.filter((sum) => till === undefined || sum.till === till);
  const amounts = new Map<string, Amount>();
  for (const sum of own) {
    const minor = (amounts.get(sum.currency)?.minor ?? 0) + sum.gross_minor;
    amounts.set(sum.currency, { currency: sum.currency, exponent: sum.currency_exponent, minor });
  }
  return { sales: own.reduce((count, sum) => count + sum.sales, 0), amounts: [...amounts.values()] };
}

/** What of a store somebody has to look at. */
export interface Oddities {
  /** Will come by themselves. */
  readonly missing: readonly { readonly till: string; readonly first: number; readonly last: number }[];
  /** Will never come. */
  readonly lost: readonly { readonly till: string; readonly first: number; readonly last: number }[];
  readonly forks: readonly { readonly till: string; readonly sequence: number }[];
  readonly setAside: readonly SetAside[];
}

export function odditiesOf(store: string, journals: Journals | null, setAside: readonly SetAside[] | null): Oddities {
  const gaps = journals?.gaps.filter((gap) => gap.store === store) ?? [];
  return {
    missing: gaps.filter((gap) => !gap.lost),
    lost: gaps.filter((gap) => gap.lost),
    forks: journals?.forks.filter((fork) => fork.store === store) ?? [],
    setAside: setAside?.filter((entry) => entry.store === store) ?? [],
  };
}

export function needsAttention({ missing, lost, forks, setAside }: Oddities): boolean {
  return missing.length + lost.length + forks.length + setAside.length > 0;
}

/** The same, by till, in the order of their ids. */
export function byTill<T extends { readonly till: string }>(all: readonly T[]): readonly (readonly [string, readonly T[]])[] {
  const tills = new Map<string, T[]>();
  for (const one of all) {
    tills.set(one.till, [...(tills.get(one.till) ?? []), one]);
  }
  return [...tills].sort(([a], [b]) => (a < b ? -1 : 1));
}
