import { expect, it } from "vitest";
import { clockOf, minuteOf } from "./clock";

it("writes and reads times of day", () => {
  for (const [minute, clock] of [
    [0, "00:00"],
    [65, "01:05"],
    [1_439, "23:59"],
  ] as const) {
    expect(clockOf(minute)).toBe(clock);
    expect(minuteOf(clock)).toBe(minute);
  }
  expect(minuteOf("")).toBe(0);
});
