/** The simulated tray behind a till without a camera: what lies there in truth, and a hand to put and take. */

import { post, request, type Outcome } from "./calls";
import type { Bounds } from "./types";

export interface TrueItem {
  readonly item: number;
  readonly product: string;
  readonly weight_g: number;
  readonly bounds: Bounds;
}

export type NextOutcome = "approve" | "decline" | "time_out" | "lose_answer";

export async function trueItems(): Promise<Outcome<readonly TrueItem[]>> {
  const answer = await request<{ items: readonly TrueItem[] }>("/sim/v1/tray", { signal: AbortSignal.timeout(4_000) });
  return answer.ok ? { ok: true, value: answer.value.items } : answer;
}

export const put = (product: string) => post<{ item: number }>("/sim/v1/put", { product });
export const take = (item: number) => post<unknown>("/sim/v1/take", { item });
export const clear = () => post<unknown>("/sim/v1/clear", {});
export const terminal = (next: NextOutcome) => post<unknown>("/sim/v1/terminal", { next });
