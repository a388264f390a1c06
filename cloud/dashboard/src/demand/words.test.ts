import { describe, expect, it } from "vitest";
import { previewAmount, quantityText, readPacks, said, shortAmount, totalAddress, totalDays } from "./words";

describe("demand in words", () => {
  it("writes as many digits as say something", () => {
    expect(quantityText(3.14159, "en")).toBe("3.1");
    expect(quantityText(1234.5, "en")).toBe("1,235");
  });

  it("takes packs that the supplier sells", () => {
    const line = { packs_min: 4, packs_multiple: 2 };
    expect(["0", " 6 ", "4"].map((text) => readPacks(text, line))).toEqual([0, 6, 4]);
    expect(["5", "2", "", "-4", "1e3", "2000000"].map((text) => readPacks(text, line))).toEqual([null, null, null, null, null, null]);
  });

  it("sums what is changed and what is not", () => {
    const lines = [
      { number: 1, packs: 2, pack_price: "9.60" },
      { number: 2, packs: 1, pack_price: "0.5" },
    ];
    expect(previewAmount(lines, new Map([[1, 3]]))).toBe("29.30");
  });

  it("draws amounts in whole units of the currency", () => {
    const day = { day: "2026-01-02", mean_minor: 12_050, low_minor: 10_000, high_minor: 14_000, own_mean_minor: null };
    const days = totalDays({ currency_exponent: 2, history: [{ day: "2026-01-01", sold_minor: 9_900 }], forecast: [day] });
    expect(days).toEqual([
      { day: "2026-01-01", sold: 99, mean: null, low: null, high: null },
      { day: "2026-01-02", sold: null, mean: 120.5, low: 100, high: 140 },
    ]);
    expect(shortAmount(12_500, "en")).toBe("12.5K");
  });

  it("names a sum in the address so that no category is taken for another", () => {
    const named = (by: "store" | "category", category: string | null) => totalAddress({ by, category });
    expect([named("store", null), named("category", null), named("category", "none")]).toEqual(["", "none", "of none"]);
  });

  it("says it in the page's language, else in English", () => {
    expect(["ru", "en", "de"].map((language) => said({ en: "yes", ru: "да" }, language))).toEqual(["да", "yes", "yes"]);
  });
});
