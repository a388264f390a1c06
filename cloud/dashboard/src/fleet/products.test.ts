import { describe, expect, it } from "vitest";
import { nameOf, priceOf, readPrice, taxesOf, writtenPrice } from "./products";

describe("a product", () => {
  it("is called by the reader's language where it has a name in it", () => {
    expect(nameOf({ id: "p", name: { en: "Lemon", ru: "Лимон" } }, "ru")).toBe("Лимон");
    expect(nameOf({ id: "p", name: { en: "Lemon" } }, "ru")).toBe("Lemon");
    expect(nameOf({ id: "p", name: { de: "Zitrone" } }, "ru")).toBe("Zitrone");
    expect(nameOf({ id: "p", name: {} }, "ru")).toBe("p");
  });

  it("has its price in minor units with the digits of its currency", () => {
    expect(priceOf({ currency: "EUR", price: "0.35", price_minor: 35 })).toEqual({ currency: "EUR", exponent: 2, minor: 35 });
    expect(priceOf({ currency: "JPY", price: "120", price_minor: 120 }).exponent).toBe(0);
  });

  it("has its price written so that it is read back as it is", () => {
    expect(["en-IE", "ru-RU"].map((locale) => writtenPrice("1299.50", locale))).toEqual(["1299.50", "1299,50"]);
    expect(readPrice(writtenPrice("1299.50", "ru-RU"))).toBe("1299.50");
    expect(writtenPrice("120", "ru-RU")).toBe("120");
  });

  it("is taxed by a code that some store has a rate for", () => {
    const store = (basis_points: Record<string, number>) => ({ taxes: { inclusive: true, basis_points } });
    expect(taxesOf([store({ vat7: 700, vat19: 1900 }), store({ vat7: 550, zero: 0 })])).toEqual([["vat19", 1900], ["vat7", 700], ["zero", 0]]);
    expect(taxesOf([])).toEqual([]);
  });

  it("takes prices as people write them and nothing else", () => {
    const read = ["2.49", "2,49", " 1 299,50 ", "7"].map(readPrice);
    expect(read).toEqual(["2.49", "2.49", "1299.50", "7"]);
    for (const wrong of ["", "free", "-1", "1.2.3", "2.4999", "1e3", "0x10"]) {
      expect(readPrice(wrong), wrong).toBeNull();
    }
  });
});
