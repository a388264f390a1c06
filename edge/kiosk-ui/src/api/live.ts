/**
 * The page's one source of truth: a snapshot and then deltas from the till over a WebSocket. It holds what the till
 * last said while the connection is away, and comes back by itself with growing pauses.
 */

import { merge, readMessage } from "./merge";
import type { TillState } from "./types";

export interface Known {
  /** What the till last said; `null` until it has said anything. */
  readonly state: TillState | null;
  /** `lost` only after a pause too long to be a blink. */
  readonly connection: "connecting" | "open" | "lost";
  /** Counts connections made, so that pictures and previews can be asked for again. */
  readonly epoch: number;
  /** When the running time-out ends, in milliseconds of `performance.now()`. */
  readonly timeOutAt: number | null;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** A reconnect quicker than this is not worth a banner. */
const LOST_AFTER_MS = 1_200;
/** With nothing heard for this long the page asks whether the till is still there. */
const SILENCE_MS = 10_000;
const PROBE_LIMIT_MS = 4_000;

/** The pause before attempt `attempt` (0 is the first), with up to a quarter of jitter drawn from `random` in 0..1. */
export function pauseBefore(attempt: number, random: number): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10));
  return Math.round(full * (1 - 0.25 * random));
}

export class LiveState {
  private known: Known = { state: null, connection: "connecting", epoch: 0, timeOutAt: null };
  private readonly listeners = new Set<() => void>();
  private socket: WebSocket | null = null;
  private attempt = 0;
  private heardAt = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private lostTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly url: string) {}

  readonly current = (): Known => this.known;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The first thing `look` finds in what the till says from now on; `null` when nothing came of it in time. */
  async when<T>(look: (state: TillState) => T | null, limitMs = 3_000): Promise<T | null> {
    return new Promise((resolve) => {
      const settle = (found: T | null) => {
        clearTimeout(timer);
        stop();
        resolve(found);
      };
      const check = () => {
        const found = this.known.state === null ? null : look(this.known.state);
        if (found !== null) {
          settle(found);
        }
      };
      const timer = setTimeout(() => settle(null), limitMs);
      const stop = this.subscribe(check);
      check();
    });
  }

  /** Connects and stays connected until the returned function is called. */
  start(): () => void {
    this.noteLostSoon();
    this.connect();
    this.silenceTimer = setInterval(() => void this.probe(), SILENCE_MS / 2);
    return () => {
      clearTimeout(this.retryTimer);
      clearTimeout(this.lostTimer);
      clearInterval(this.silenceTimer);
      this.drop();
    };
  }

  private connect(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onmessage = (event) => this.hear(socket, String(event.data));
    socket.onclose = () => {
      if (this.socket === socket) {
        this.drop();
        this.noteLostSoon();
        this.retry();
      }
    };
  }

  private hear(socket: WebSocket, text: string): void {
    if (this.socket !== socket) {
      return;
    }
    this.heardAt = performance.now();
    const message = readMessage(text);
    if (message === null) {
      return;
    }
    const merged = merge(this.known.state, message);
    if ("resync" in merged) {
      this.drop();
      this.retry();
      return;
    }
    const opened = message.type === "snapshot";
    const told = opened || message.changes.time_out !== undefined;
    if (opened) {
      this.attempt = 0;
      clearTimeout(this.lostTimer);
      this.lostTimer = undefined;
    }
    this.set({
      state: merged.state,
      connection: "open",
      epoch: this.known.epoch + (opened ? 1 : 0),
      timeOutAt: told ? endsAt(merged.state, this.heardAt) : this.known.timeOutAt,
    });
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket !== null) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
  }

  private retry(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), pauseBefore(this.attempt, Math.random()));
    this.attempt += 1;
  }

  private noteLostSoon(): void {
    this.lostTimer ??= setTimeout(() => this.set({ ...this.known, connection: "lost" }), LOST_AFTER_MS);
  }

  /** A daemon that hangs keeps its socket open: ask it something, and treat no answer as a lost connection. */
  private async probe(): Promise<void> {
    if (this.socket?.readyState !== WebSocket.OPEN || performance.now() - this.heardAt < SILENCE_MS) {
      return;
    }
    const probed = this.socket;
    try {
      const answer = await fetch("/api/v1/state", { cache: "no-store", signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
      const state = (await answer.json()) as TillState;
      if (state.revision === this.known.state?.revision) {
        this.heardAt = performance.now();
        return;
      }
    } catch {
      // Falls through: whatever went wrong, only a new connection tells where the till stands.
    }
    if (this.socket === probed && performance.now() - this.heardAt >= SILENCE_MS) {
      this.drop();
      this.noteLostSoon();
      this.retry();
    }
  }

  private set(known: Known): void {
    this.known = known;
    for (const listener of this.listeners) {
      listener();
    }
  }
}

function endsAt(state: TillState, now: number): number | null {
  return state.time_out === null ? null : now + state.time_out.ends_in_ms;
}

/** Where the live connection is for a page at `location`. */
export function liveUrl(location: { readonly protocol: string; readonly host: string }): string {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/api/v1/live`;
}
