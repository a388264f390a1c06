/** Which sales have just come in, and the newest of all stores. */

import type { Sale } from "../api/types";
import type { StoreKnown } from "./known";

/** How long a sale is marked as one that has just come in. */
export const FRESH_MS = 8_000;

/**
 * When each sale that is listed was first seen. What was listed in the first answer was there before, so it is no
 * arrival; nor is what was listed in the answer before this one.
 */
export function noteArrivals(
  before: ReadonlyMap<string, number>,
  seen: ReadonlySet<string>,
  listed: readonly Sale[],
  first: boolean,
  nowMs: number,
): ReadonlyMap<string, number> {
  const fresh = new Map([...before].filter(([, at]) => nowMs - at < FRESH_MS));
  for (const sale of first ? [] : listed) {
    if (!seen.has(sale.id) && !before.has(sale.id)) {
      fresh.set(sale.id, nowMs);
    }
  }
  return fresh;
}

export interface ListedSale {
  readonly sale: Sale;
  readonly of: StoreKnown;
}

/** The newest sales of all stores, the newest first; at one time, in the order of their ids. */
export function newest(stores: readonly StoreKnown[], count: number): readonly ListedSale[] {
  const all = stores.flatMap((of) => of.sales.value?.map((sale) => ({ sale, of })) ?? []);
  const later = (a: ListedSale, b: ListedSale) =>
    b.sale.completed_at_ms - a.sale.completed_at_ms || (a.sale.id < b.sale.id ? 1 : -1);
  return all.sort(later).slice(0, count);
}
