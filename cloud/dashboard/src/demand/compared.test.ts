import { describe, expect, it } from "vitest";
import type { WhatIf } from "../api/types";
import { clauses, compared, pointsOf, shareText, tellsNothing } from "./compared";

const came = { cost_minor: 1_000, lost_minor: 400, waste_minor: 500, holding_minor: 100, fill_rate: 0.9645, waste_share: 0.07, sold_minor: 9_000, orders: 20 };
const result = (changed: Partial<typeof came>, before: Partial<typeof came> = {}): WhatIf => ({
  currency: "EUR",
  first_day: "2026-10-26",
  days: 28,
  products: 64,
  as_it_is: { ...came, ...before },
  changed: { ...came, ...before, ...changed },
});

describe("what came of a trial", () => {
  it("is better with more of what is there and less of what it costs", () => {
    const rows = compared(result({ cost_minor: 880, lost_minor: 410, fill_rate: 0.9685, orders: 22 }));
    const verdicts = Object.fromEntries(rows.map(({ name, verdict }) => [name, verdict]));
    expect(verdicts).toEqual({ fill_rate: "better", lost_minor: "worse", waste_minor: "same", waste_share: "same", holding_minor: "same", cost_minor: "better", orders: "neither" });
    expect(rows.find(({ name }) => name === "fill_rate")?.difference).toBe(0.004);
  });

  it("is summed up as shares of what it was, and as amounts where it was nothing", () => {
    const [cost, fill, waste] = clauses(result({ cost_minor: 880, fill_rate: 0.9685, waste_minor: 300 }, { waste_minor: 0 }));
    expect(cost).toEqual({ key: "sumCostLess", share: 0.12, amount: 120, kind: "percent" });
    expect(fill).toMatchObject({ key: "sumFillMore", kind: "points", amount: 0.004 });
    expect(waste).toEqual({ key: "sumWasteMore", share: null, amount: 300, kind: "money" });
    expect(clauses(result({})).map(({ key }) => key)).toEqual(["sumCostSame", "sumFillSame", "sumWasteSame"]);
  });

  it("tells nothing where nothing was sold", () => {
    expect([tellsNothing(result({})), tellsNothing(result({}, { sold_minor: 0 }))]).toEqual([false, true]);
  });

  it("is written with as many digits as say something", () => {
    expect([0.1234, 0.0345, 0.0004].map((share) => shareText(share, "en-IE"))).toEqual(["12%", "3.5%", "0.04%"]);
    expect([0.0041, -0.0041, 0.0001].map(pointsOf)).toEqual([0.4, 0.4, 0.01]);
  });
});
