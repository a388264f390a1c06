import { describe, expect, it } from "vitest";
import { decimal, formatMoney, formatProbability, formatRate, formatWeight } from "../../../shared/pages/amounts";

/** Spaces of every width as the plain one. */
const plain = (text: string) => text.replace(/\s/g, " ");

describe("placing the decimal point", () => {
  it.each([
    [0, 2, "0.00"],
    [5, 2, "0.05"],
    [103, 2, "1.03"],
    [-7, 2, "-0.07"],
    [1500, 0, "1500"],
    [1, 3, "0.001"],
    [9007199254740991, 2, "90071992547409.91"],
  ])("%i with %i places is %s", (whole, places, text) => expect(decimal(whole, places)).toBe(text));

  it("refuses fractions and numbers too large to be exact", () => {
    expect(() => decimal(1.5, 2)).toThrow(RangeError);
    expect(() => decimal(2 ** 53, 2)).toThrow(RangeError);
  });
});

describe("formatting", () => {
  it.each([
    [103, "EUR", 2, "en-IE", "€1.03"],
    [123456789, "EUR", 2, "ru-RU", "1 234 567,89 €"],
    [24990, "RUB", 2, "ru-RU", "249,90 ₽"],
    [1500, "JPY", 0, "en-IE", "JP¥1,500"],
    [1234, "KWD", 3, "en-IE", "KWD 1.234"],
    [9007199254740991, "EUR", 2, "en-IE", "€90,071,992,547,409.91"],
  ])("%i %s is money", (minor, currency, exponent, locale, text) => {
    expect(plain(formatMoney(minor, currency, exponent, locale))).toBe(text);
  });

  it("shows weights in kilograms with every gram", () => {
    expect(plain(formatWeight(412, "en-IE"))).toBe("0.412 kg");
    expect(plain(formatWeight(1200, "ru-RU"))).toBe("1,200 кг");
  });

  it("shows tax rates without needless places", () => {
    expect(plain(formatRate(700, "en-IE"))).toBe("7%");
    expect(plain(formatRate(1050, "ru-RU"))).toBe("10,5 %");
  });

  it("never claims more certainty than there is", () => {
    expect(plain(formatProbability(0.9999, "en-IE"))).toBe("99%");
    expect(plain(formatProbability(1, "en-IE"))).toBe("100%");
  });
});
