import { describe, expect, it } from "vitest";
import type { StockMovement } from "../api/types";
import { amountOf, changeText, readStock, stockText, withBalances, writtenStock } from "./words";

const t = (key: string, values: { amount: string }) => `${values.amount} ${key}`;

describe("stock", () => {
  it("is read in the unit in which it is sold", () => {
    for (const [text, unit, quantity] of [
      ["12", "piece", 12],
      ["1 200", "piece", 1200],
      ["1.5", "piece", null],
      ["1.25", "g", 1250],
      ["1,25", "g", 1250],
      ["0", "piece", 0],
      ["", "piece", null],
      ["-1", "piece", null],
      ["1.2345", "g", null],
      ["9999999999999", "piece", null],
    ] as const) {
      expect(readStock(text, unit), text).toBe(quantity);
    }
    expect(readStock(writtenStock(1250, "g"), "g")).toBe(1250);
  });

  it("is written in kilograms where it is weighed", () => {
    expect(stockText(1250, "g", "en-IE", t)).toBe("1.25 stockKg");
    expect(stockText(-3, "piece", "en-IE", t)).toBe("-3 stockPcs");
    expect(changeText(-3, "piece", "en-IE", t)).toBe("−3 stockPcs");
    expect(changeText(500, "g", "en-IE", t)).toBe("+0.5 stockKg");
    expect(amountOf(150, "EUR", "en-IE")).toEqual({ minor: 150, currency: "EUR", exponent: 2 });
    expect(amountOf(150, "JPY", "en-IE").exponent).toBe(0);
  });

  it("is told with what there was after each change", () => {
    const movement = (id: number, change: number, unit: "piece" | "g" = "piece"): StockMovement => ({ id, change, unit, product: "milk", reason: "sale", made_by: "till:1", at_ms: id, note: "", origin: null });
    const told = withBalances([movement(3, -2), movement(2, 7, "g"), movement(1, 12)], "piece", 10);
    expect(told.map(({ movement: { id }, after }) => [id, after])).toEqual([
      [3, 10],
      [1, 12],
    ]);
  });
});
