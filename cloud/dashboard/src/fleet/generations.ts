/** What can be said of a generation: what it changed, and who made it. */

import type { Generation, Person } from "../api/types";

/** What came (or, below nothing, went) against the one before; nothing where that is not known any more. */
export function changeOf(generation: Generation, before: Generation | undefined): { readonly products: number; readonly views: number } {
  return before === undefined
    ? { products: 0, views: 0 }
    : { products: generation.products - before.products, views: generation.views - before.views };
}

export type Maker = { readonly kind: "person"; readonly name: string } | { readonly kind: "somebody" | "software" | "cloud" };

/** The cloud says `user:`, `token:` or `system:` and an id. Not everybody may know who the others are. */
export function madeBy(maker: string, people: readonly Pick<Person, "id" | "name">[]): Maker {
  const [kind, id] = maker.split(":", 2);
  if (kind === "user") {
    const person = people.find((one) => one.id === id);
    return person === undefined ? { kind: "somebody" } : { kind: "person", name: person.name };
  }
  return { kind: kind === "token" ? "software" : "cloud" };
}
