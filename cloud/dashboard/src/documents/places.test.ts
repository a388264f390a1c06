import { expect, test } from "vitest";
import type { Parsed, ParsedLine } from "../api/types";
import { placeOfLine, placesOf } from "./places";

const at = (page: number, x0: number) => ({ page, x0, y0: 0.1, x1: x0 + 0.1, y1: 0.2 });
const field = (value: string, place: ReturnType<typeof at> | null) => ({ value, confidence: 1, origin: "printed", place });

test("each place is named once, wherever its value is", () => {
  const line = { name: field("Tea", at(2, 0.3)), quantity: field("2", at(2, 0.5)), unit_code: "H87" };
  const parsed = { number: field("R-1", at(1, 0.1)), supplier: { name: field("Nord", at(1, 0.1)), tax_id: null }, totals: { gross: field("9", null) }, lines: [line] };
  expect(placesOf(parsed as unknown as Parsed)).toEqual([at(1, 0.1), at(2, 0.3), at(2, 0.5)]);
});

test("a line stands at its name, else at another of its values", () => {
  const line = { name: field("Tea", null), quantity: field("2", at(1, 0.5)), unit_code: "H87" };
  expect(placeOfLine(line as unknown as ParsedLine)).toEqual(at(1, 0.5));
  expect(placeOfLine({ ...line, name: field("Tea", at(1, 0.2)) } as unknown as ParsedLine)).toEqual(at(1, 0.2));
  expect(placeOfLine({ name: null } as unknown as ParsedLine)).toBeNull();
});
