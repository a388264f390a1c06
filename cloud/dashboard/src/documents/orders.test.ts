import { expect, it } from "vitest";
import { differencesOf, numberOf } from "./orders";

it("an order has the number of its papers", () => {
  expect(numberOf({ number: 42 })).toBe("PO-000042");
});

it("what came is compared once anything came", () => {
  expect(differencesOf({ accepted: 0, short: 12, over: 0, damaged: 0 })).toEqual([]);
  expect(differencesOf({ accepted: 10, short: 2, over: 0, damaged: 1 })).toEqual([["short", 2], ["damaged", 1]]);
  expect(differencesOf({ accepted: 12, short: 0, over: 0, damaged: 0 })).toEqual([]);
});
