import { describe, expect, it } from "vitest";
import { lastsText, sizeText } from "./sizes";

describe("sizes", () => {
  it.each([
    [0, "0 byte"],
    [999, "999 byte"],
    [1_000, "1 kB"],
    [3_449_000, "3.4 MB"],
    [12_000_000_000, "12 GB"],
  ])("%d", (bytes, text) => expect(sizeText(bytes, "en-IE")).toBe(text));

  it("are written with the language's own marks", () => {
    expect(sizeText(3_449_000, "ru-RU")).toMatch(/^3,4\sМБ$/);
  });
});

describe("how long something stays", () => {
  it.each([
    [72, "72 hours"],
    [168, "7 days"],
    [87_660, "10 years"],
  ])("%d hours", (hours, text) => expect(lastsText(hours, "en-IE")).toBe(text));

  it("is short where that is asked for", () => expect(lastsText(72, "ru-RU", "short")).toMatch(/^72\sч$/));

  it("counts in Russian", () => {
    expect([72, 168, 87_672].map((hours) => lastsText(hours, "ru-RU").replace(/\s/, " "))).toEqual(["72 часа", "7 дней", "10 лет"]);
  });
});
