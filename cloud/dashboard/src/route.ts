/** Where on the page somebody is. It is in the address, so that Back, a bookmark and a link that was sent lead there. */

import { useSyncExternalStore } from "react";

export const PLACES = ["fleet", "tills", "products", "stock", "documents", "forecasts", "proposals", "orders", "catalogue", "health", "inbox"] as const;

export type Place = (typeof PLACES)[number];

export interface Route {
  readonly place: Place;
  /** What of it: a product's id, a store's. */
  readonly of: string | null;
  readonly params: URLSearchParams;
}

/** `#/products/lemon?search=le`. What is no place of ours is the fleet. */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [name = "", of = ""] = path.split("/", 2);
  const place = PLACES.find((one) => one === name) ?? "fleet";
  return { place, of: of === "" ? null : decoded(of), params: new URLSearchParams(query) };
}

export function addressOf(place: Place, of?: string | null, params: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== "")).toString();
  return `#/${place}${of === undefined || of === null ? "" : `/${encodeURIComponent(of)}`}${query === "" ? "" : `?${query}`}`;
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.hash));
}

/** Changes the address without a step for Back, for what changes with every key. */
export function replaceAddress(address: string): void {
  history.replaceState(null, "", address);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
