/** Where on a document's pages its values stand. */

import type { Parsed, ParsedLine, Place } from "../api/types";

/** Lines whose boxes are drawn: a price list has thousands. */
const LINES_SHOWN = 500;

interface Placed {
  readonly place?: Place | null;
}

/** Every place that a value of the document was read at, each once. */
export function placesOf(parsed: Parsed): readonly Place[] {
  const { supplier, buyer, totals } = parsed;
  const head = [parsed.kind, parsed.number, parsed.issued, parsed.delivered, parsed.due, parsed.currency, parsed.order_number];
  const fields: readonly unknown[] = [...head, ...Object.values(supplier ?? {}), ...Object.values(buyer ?? {}), ...Object.values(totals ?? {})];
  const lines = (parsed.lines ?? []).slice(0, LINES_SHOWN).flatMap((line) => Object.values(line));
  const found = new Map<string, Place>();
  for (const place of [...fields, ...lines].map(placeOf)) {
    if (place !== null) {
      found.set(`${place.page} ${place.x0} ${place.y0} ${place.x1}`, place);
    }
  }
  return [...found.values()];
}

/** Where a value stands, if that is known. */
export function placeOf(field: unknown): Place | null {
  return typeof field === "object" && field !== null ? ((field as Placed).place ?? null) : null;
}

/** Where a line stands: at its name, else at the first of its values that has a place. */
export function placeOfLine(line: ParsedLine): Place | null {
  return placeOf(line.name) ?? Object.values(line).map(placeOf).find((place) => place !== null) ?? null;
}
