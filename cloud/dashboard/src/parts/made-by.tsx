import type { Items, Person } from "../api/types";
import { useAsked } from "../fleet/asked";
import { madeBy } from "../fleet/generations";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";

/** The people of the organisation; none for whoever may not see them. */
export function usePeople(): readonly Person[] {
  const session = useVisitor();
  return useAsked<Items<Person>>(may(session, "see-people") ? "/api/v1/people" : null).part.value?.items ?? [];
}

/** Who made something, by name where the visitor may know it. */
export function MadeBy({ maker, people }: { readonly maker: string; readonly people: readonly Person[] }) {
  const { t } = usePage();
  const by = madeBy(maker, people);
  return by.kind === "person" ? by.name : t(({ somebody: "bySomebody", software: "bySoftware", cloud: "byCloud" } as const)[by.kind]);
}
