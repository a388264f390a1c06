import { describe, expect, it } from "vitest";
import { bounds, type ChartDay, drawn, steps } from "./chart";

const BOX = { width: 100, height: 50, left: 10, bottom: 10, top: 0 };

const past = (day: string, sold: number): ChartDay => ({ day, sold, mean: null, low: null, high: null });
const ahead = (day: string, mean: number): ChartDay => ({ day, sold: null, mean, low: mean / 2, high: mean * 2 });

describe("the chart of a forecast", () => {
  it("has round steps up to the highest value", () => {
    expect(steps(17)).toEqual([0, 5, 10, 15, 20]);
    expect(steps(1)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(steps(0)).toEqual([0]);
  });

  it("finds the bounds of eight of ten days by their probabilities", () => {
    expect(bounds([0.05, 0.1, 0.5, 0.9], [1, 2, 3, 4])).toEqual({ low: 2, high: 4 });
    expect(bounds([0.5], [3])).toBeNull();
  });

  it("draws what was and what is to come side by side, with the highest value within", () => {
    const shown = drawn([past("2026-01-01", 10), past("2026-01-02", 5), ahead("2026-01-03", 10)], BOX);
    expect(shown.sold).toBe("M 25 20 L 55 30");
    expect(shown.mean).toBe("M 85 20");
    expect(shown.band).toBe("M 85 0 L 85 30 Z");
    expect(shown.todayX).toBe(70);
    expect(shown.ticks.map(({ y }) => y)).toEqual([40, 30, 20, 10, 0]);
  });

  it("bears having nothing to draw", () => {
    expect(drawn([], BOX)).toMatchObject({ sold: "", mean: "", band: "", todayX: null });
    expect(drawn([ahead("2026-01-03", 0)], BOX).todayX).toBeNull();
  });
});
