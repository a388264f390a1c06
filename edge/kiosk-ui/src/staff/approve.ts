/** What staff send with their PIN, and what the till answers. */

import type { Action } from "../api/types";

/** Why the till did not do it; `locked` until so many seconds are over. */
export type Refusal =
  | { readonly why: "wrong"; readonly triesLeft: number }
  | { readonly why: "locked"; readonly seconds: number }
  | { readonly why: "not_set" | "unfitting" | "unreachable" | "failed" };

const LIMIT_MS = 8_000;

/** `null` when the till has done it. */
export async function sendPin(action: Action): Promise<Refusal | null> {
  try {
    const answer = await fetch("/api/v1/actions", {
      method: "POST",
      cache: "no-store",
      credentials: "same-origin",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(action),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    return answer.ok ? null : refusalOf(answer.status, await answer.json());
  } catch {
    return { why: "unreachable" };
  }
}

export function refusalOf(status: number, body: unknown): Refusal {
  const { code, tries_left, retry_after_s } = Object(body) as Record<string, unknown>;
  switch (code) {
    case "wrong_pin":
      return { why: "wrong", triesLeft: Number(tries_left) };
    case "pin_locked":
      return { why: "locked", seconds: Number(retry_after_s) };
    case "pin_not_set":
      return { why: "not_set" };
    default:
      return { why: status === 409 ? "unfitting" : "failed" };
  }
}
