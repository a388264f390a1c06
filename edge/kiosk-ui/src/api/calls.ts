/** The requests the page makes. Failures are values: what went wrong is for the screen to say, next to the tap. */

import type { Action, Product } from "./types";

/** Why a request came to nothing. `unfitting`: the basket had moved on; `gone`: what was meant is not there any more. */
export type Failure = "unreachable" | "unfitting" | "gone" | "busy" | "full" | "refused";

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

const LIMIT_MS = 8_000;

export async function act(action: Action): Promise<Outcome<{ revision: number }>> {
  return post("/api/v1/actions", action);
}

/** Products whose name in any language, SKU, GTIN or PLU fits `query`; all of them when it is empty. */
export async function findProducts(
  query: string,
  language: string,
  limit: number,
  signal?: AbortSignal,
): Promise<Outcome<readonly Product[]>> {
  const parameters = new URLSearchParams({ query, language, limit: String(limit) });
  const answer = await request<{ products: readonly Product[] }>(`/api/v1/products?${parameters.toString()}`, {
    signal: signal ?? AbortSignal.timeout(LIMIT_MS),
  });
  return answer.ok ? { ok: true, value: answer.value.products } : answer;
}

export function post<T>(path: string, body: unknown): Promise<Outcome<T>> {
  return request<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
}

export async function request<T>(path: string, init: RequestInit): Promise<Outcome<T>> {
  try {
    const answer = await fetch(path, { cache: "no-store", credentials: "same-origin", ...init });
    if (!answer.ok) {
      return { ok: false, failure: failureOf(answer.status) };
    }
    const text = await answer.text();
    return { ok: true, value: (text === "" ? {} : JSON.parse(text)) as T };
  } catch {
    return { ok: false, failure: "unreachable" };
  }
}

export function failureOf(status: number): Failure {
  switch (status) {
    case 409:
      return "unfitting";
    case 404:
    case 422:
      return "gone";
    case 429:
      return "busy";
    case 503:
      return "full";
    default:
      return "refused";
  }
}
