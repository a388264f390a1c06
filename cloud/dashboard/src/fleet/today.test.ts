import { describe, expect, it } from "vitest";
import { tradingDay } from "./today";

const at = (text: string) => Date.parse(text);

describe("a store's day", () => {
  it("is the calendar's where nothing says otherwise", () => {
    expect(tradingDay(at("2026-11-22T23:30:00Z"), "Europe/Berlin", [])).toBe("2026-11-23");
    const yesterday = { business_day: "2026-11-22", completed_at_ms: at("2026-11-22T20:00:00Z") };
    expect(tradingDay(at("2026-11-22T23:30:00Z"), "Europe/Berlin", [yesterday])).toBe("2026-11-23");
  });

  it("goes on after midnight while its tills sell on yesterday's account", () => {
    const late = { business_day: "2026-11-22", completed_at_ms: at("2026-11-22T23:20:00Z") };
    expect(tradingDay(at("2026-11-22T23:30:00Z"), "Europe/Berlin", [late])).toBe("2026-11-22");
    const first = { business_day: "2026-11-23", completed_at_ms: at("2026-11-23T04:01:00Z") };
    expect(tradingDay(at("2026-11-23T04:02:00Z"), "Europe/Berlin", [first, late])).toBe("2026-11-23");
  });
});
