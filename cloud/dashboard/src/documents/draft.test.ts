import { describe, expect, it } from "vitest";
import type { Field, LineMatch, Parsed, ParsedLine } from "../api/types";
import { correctedOf, countOf, type Edits, hasEdits, lineOf, matchesOf, NO_EDITS, readField } from "./draft";

const read = (value: string, confidence = 1): Field => ({ value, confidence, origin: "printed", place: { page: 1, x0: 0, y0: 0, x1: 1, y1: 1 } });
const line = (name: string): ParsedLine => ({ name: read(name), unit: read("CS"), unit_code: "CS", quantity: read("2") }) as ParsedLine;
const parsed = {
  format: "pdf_text",
  number: read("INV-1", 0.4),
  issued: read("2026-11-20"),
  supplier: { name: read("Fruit Ltd"), tax_id: null, address: read("Main Street 1") },
  totals: { net: read("10.00"), gross: read("10.70"), tax: null, payable: read("10.70") },
  lines: [line("Lemon"), line("Subtotal"), line("Lime")],
  warnings: [
    { code: "totals_differ", text: "the sums differ" },
    { code: "line_differs", text: "the line differs", line: 1 },
    { code: "gtin_wrong", text: "the number is wrong", line: 2 },
  ],
} as unknown as Parsed;
const match = (number: number, badge: LineMatch["badge"], product?: string): LineMatch => ({
  line: number,
  badge,
  probability: 1,
  candidates: [],
  ...(product === undefined ? {} : { product }),
});
const matches = [match(0, "sure", "lemon"), match(1, "new"), match(2, "likely", "lime")];

describe("what somebody writes", () => {
  it.each([
    ["1 234,5", "1234.5"],
    [" -2.50 ", "-2.50"],
    ["", null],
    ["1.234,56", undefined],
    ["many", undefined],
  ])("%j is the amount %j", (text, amount) => expect(readField("amount", text)).toBe(amount));

  it("is a text without the blanks around it", () => {
    expect(readField("text", " Lemons ")).toBe("Lemons");
    expect(readField("text", "  ")).toBeNull();
  });
});

describe("a document as corrected", () => {
  it("is the one that was read where nothing is other", () => {
    const same = correctedOf(parsed, { ...NO_EDITS, head: { number: "INV-1", supplier: "Fruit Ltd" } });
    expect(same.number).toBe(parsed.number);
    expect(same.supplier?.name).toBe(parsed.supplier?.name);
    expect(same.lines).toEqual(parsed.lines);
    expect(same.warnings).toEqual(parsed.warnings);
  });

  it("has what a person said where it stood, and nothing where they took it away", () => {
    const corrected = correctedOf(parsed, { ...NO_EDITS, head: { number: "INV-7", issued: null, net: "9.99", kind: "invoice" } });
    expect(corrected.number).toEqual({ value: "INV-7", confidence: 1, origin: "person", place: read("").place });
    expect(corrected.issued).toBeNull();
    expect(corrected.kind).toEqual({ value: "invoice", confidence: 1, origin: "person" });
    expect(corrected.totals?.net?.value).toBe("9.99");
    expect([corrected.totals?.payable, corrected.supplier?.address]).toEqual([parsed.totals?.payable, parsed.supplier?.address]);
  });

  it("knows no code of a unit that somebody wrote", () => {
    const [first] = parsed.lines as readonly ParsedLine[];
    expect(lineOf(first as ParsedLine, { quantity: "3" })).toMatchObject({ quantity: { value: "3", origin: "person" }, unit_code: "CS" });
    expect(lineOf(first as ParsedLine, { unit: "bag" }).unit_code).toBeNull();
  });

  it("leaves out lines that are none, and its warnings and products move up", () => {
    const edits: Edits = { ...NO_EDITS, removed: [1], chosen: { 2: { kind: "product", product: "lime", name: "Lime", factor: "6" } } };
    const corrected = correctedOf(parsed, edits);
    expect(corrected.lines?.map((one) => one.name?.value)).toEqual(["Lemon", "Lime"]);
    expect(corrected.warnings?.map(({ code, line }) => [code, line])).toEqual([["totals_differ", undefined], ["gtin_wrong", 1]]);
    expect(matchesOf(parsed, matches, edits)).toEqual([{ line: 0, product: "lemon" }, { line: 1, product: "lime", factor: "6" }]);
  });
});

describe("what lines are", () => {
  it("is said of what is sure, and never of what is only likely", () => {
    expect(matchesOf(parsed, matches, NO_EDITS)).toEqual([{ line: 0, product: "lemon" }]);
    expect(countOf(parsed, matches, NO_EDITS)).toEqual({ lines: 3, known: 1, open: 2 });
  });

  it("keeps what was left out and what a unit was said to be, until the unit is another", () => {
    const conversion = { factor: "12", unit: "piece", assumption: { code: "person", message: "as a person said" } };
    const before = [{ ...match(0, "confirmed", "lemon"), conversion }, match(1, "left_out"), match(2, "new")];
    expect(matchesOf(parsed, before, NO_EDITS)).toEqual([{ line: 0, product: "lemon", factor: "12" }, { line: 1 }]);
    expect(matchesOf(parsed, before, { ...NO_EDITS, lines: { 0: { unit: "bag" } } })[0]).toEqual({ line: 0, product: "lemon" });
    const none = { ...NO_EDITS, chosen: { 0: { kind: "none" } } } as const;
    expect(countOf(parsed, before, none)).toEqual({ lines: 3, known: 0, open: 1 });
  });

  it("is changed where somebody did anything", () => {
    expect(hasEdits(NO_EDITS)).toBe(false);
    expect(hasEdits({ ...NO_EDITS, removed: [0] })).toBe(true);
    expect(hasEdits({ ...NO_EDITS, head: { number: null } })).toBe(true);
  });
});
