/**
 * Every place of the page, in the groups and the order in which they are offered. A new place is a name here, its title
 * below, and its screen in `screens/visit.tsx`.
 */

import type { Key } from "./i18n/language";

export const GROUPS = [
  { title: "groupShop", places: ["fleet", "tills", "products", "stock", "catalogue"] },
  { title: "groupBuying", places: ["documents", "forecasts", "proposals", "ordering", "orders"] },
  { title: "groupWatching", places: ["inbox", "health"] },
  { title: "groupOrganisation", places: ["messages", "exports", "files"] },
] as const satisfies readonly { readonly title: Key; readonly places: readonly string[] }[];

export type Group = (typeof GROUPS)[number];
export type Place = Group["places"][number];

export const PLACES: readonly Place[] = GROUPS.flatMap((group) => [...group.places]);

export const TITLES: Readonly<Record<Place, Key>> = {
  fleet: "fleetTitle",
  tills: "tillsTitle",
  products: "productsTitle",
  stock: "stockTitle",
  catalogue: "catalogueTitle",
  documents: "documentsTitle",
  forecasts: "forecastsTitle",
  proposals: "proposalsTitle",
  ordering: "orderingTitle",
  orders: "ordersTitle",
  inbox: "inboxTitle",
  health: "healthTitle",
  messages: "messagesTitle",
  exports: "exportsTitle",
  files: "filesTitle",
};

export function groupOf(place: Place): Group {
  const found = GROUPS.find((group) => group.places.some((one) => one === place));
  if (found === undefined) {
    throw new Error(`${place} is in no group`);
  }
  return found;
}
