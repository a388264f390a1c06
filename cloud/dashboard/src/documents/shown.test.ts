import { describe, expect, it } from "vitest";
import type { Field, LineMatch } from "../api/types";
import { amountText, badgeOf, dayText, inStockUnits, isDoubtful, unitOf, writtenAmount } from "./shown";

const field = (value: string, confidence: number): Field => ({ value, confidence, origin: "recognised" });
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

describe("amounts", () => {
  it("have every digit of the document, and any currency it says", () => {
    expect(amountText("1234.5678", "EUR", "en-IE")).toBe("€1,234.5678");
    expect(plain(amountText("1234.50", "RUB", "ru-RU"))).toBe("1 234,50 ₽");
    expect(amountText("12.00", "Taler", "en-IE")).toBe("12.00");
    expect(amountText("14.4", "EUR", "en-IE")).toBe("€14.40");
    expect(amountText("40", null, "en-IE")).toBe("40");
    expect(writtenAmount("1234.50", "ru-RU")).toBe("1234,50");
  });
});

describe("what a line brings", () => {
  it.each([
    ["5", "6", "30"],
    ["2.5", "1000", "2500"],
    ["0.5", "3", null],
    ["0", "6", null],
    ["-1", "6", null],
  ])("%s units of %s are %s", (quantity, factor, stock) => expect(inStockUnits(quantity, factor)).toBe(stock));
});

describe("badges", () => {
  it("follow the cloud until somebody chooses", () => {
    const likely = { badge: "likely" } as LineMatch;
    expect(badgeOf(likely, undefined)).toBe("likely");
    expect(badgeOf(likely, { kind: "none" })).toBe("left_out");
    expect(badgeOf(likely, { kind: "product", product: "lime", name: "Lime", factor: null })).toBe("chosen");
    expect(badgeOf(undefined, undefined)).toBe("new");
  });

  it("stand beside what asks for a look", () => {
    expect([isDoubtful(field("1", 0.79)), isDoubtful(field("1", 0.8)), isDoubtful(null)]).toEqual([true, false, false]);
  });
});

describe("units and days", () => {
  it("are words where there are words", () => {
    expect(unitOf({ unit: field("St.", 1), unit_code: "H87" })).toEqual({ key: "unitPiece" });
    expect(unitOf({ unit: field("pallet", 1), unit_code: null })).toEqual({ text: "pallet" });
    expect(unitOf({ unit: null, unit_code: null })).toEqual({ text: "" });
    expect(dayText("2026-11-20", "en-IE")).toBe("20 Nov 2026");
    expect(dayText("soon", "en-IE")).toBe("soon");
  });
});
