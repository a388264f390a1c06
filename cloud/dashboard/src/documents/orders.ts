/** What can be said of a purchase order. */

import type { OrderLine, PurchaseOrder } from "../api/types";

export const ORDER_STATES = ["draft", "sent", "confirmed", "received", "closed", "cancelled"] as const;

/** Its number as it stands on its papers. */
export function numberOf({ number }: Pick<PurchaseOrder, "number">): string {
  return `PO-${String(number).padStart(6, "0")}`;
}

export type Difference = "short" | "over" | "damaged";

/** How what came differs from what was ordered. Before anything came there is nothing to compare. */
export function differencesOf(line: Pick<OrderLine, Difference | "accepted">): readonly (readonly [Difference, number])[] {
  const came = line.accepted + line.over + line.damaged > 0;
  const all = (["short", "over", "damaged"] as const).map((kind) => [kind, line[kind]] as const);
  return came ? all.filter(([, amount]) => amount > 0) : [];
}
