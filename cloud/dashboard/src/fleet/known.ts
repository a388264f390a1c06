/** What the page knows of the fleet, and since when. */

import type { Failure } from "../api/calls";
import type { Generation, Journals, Sale, SetAside, Store, Sum, Till } from "../api/types";

/** Something that is asked for again and again. */
export interface Part<T> {
  /** What was last said; `null` before anything was. */
  readonly value: T | null;
  /** When that was, by this machine's clock. */
  readonly heardAtMs: number | null;
  /** Why the last question had no answer; `null` when it had. */
  readonly failure: Failure | null;
}

export interface StoreKnown {
  readonly store: Store;
  /** The trading day of the sums: the store's own today. */
  readonly day: string;
  readonly tills: Part<readonly Till[]>;
  readonly generations: Part<readonly Generation[]>;
  readonly sums: Part<readonly Sum[]>;
  readonly sales: Part<readonly Sale[]>;
}

export interface FleetKnown {
  readonly stores: Part<readonly StoreKnown[]>;
  readonly journals: Part<Journals>;
  readonly setAside: Part<readonly SetAside[]>;
  /** When the cloud last answered anything, by this machine's clock. */
  readonly heardAtMs: number | null;
  /** The cloud's clock less this machine's. */
  readonly clockOffsetMs: number;
  /** When each sale was first seen here; sales that were there from the start are not in it. */
  readonly arrivals: ReadonlyMap<string, number>;
}

export function unheard<T>(): Part<T> {
  return { value: null, heardAtMs: null, failure: null };
}

/** The part after another answer: a failure keeps what was known before. */
export function told<T>(before: Part<T>, outcome: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }, nowMs: number): Part<T> {
  return outcome.ok ? { value: outcome.value, heardAtMs: nowMs, failure: null } : { ...before, failure: outcome.failure };
}

/** Whether this visitor's role shows them no such thing. */
export function isForbidden(part: Part<unknown>): boolean {
  return part.failure?.kind === "refused" && part.failure.problem.code === "forbidden";
}
