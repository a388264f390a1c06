import { describe, expect, it } from "vitest";
import { ago, clockTime, dayName, shortTime, zoneName } from "./times";

const NOW = Date.parse("2026-11-22T13:03:05Z");
const plain = (text: string | null) => text?.replace(/\s/g, " ");

describe("how long ago", () => {
  it.each([
    [-60_000, null],
    [0, null],
    [9_999, null],
    [10_000, "10 seconds ago"],
    [39_000, "30 seconds ago"],
    [60_000, "1 minute ago"],
    [3_599_000, "59 minutes ago"],
    [3_600_000, "1 hour ago"],
    [47 * 3_600_000, "47 hours ago"],
    [72 * 3_600_000, "3 days ago"],
  ])("%i ms is %s", (passed, text) => expect(ago(NOW - passed, NOW, "en-IE")).toBe(text));

  it("is said in Russian", () => expect(ago(NOW - 180_000, NOW, "ru-RU")).toBe("3 минуты назад"));
});

describe("exactly when", () => {
  it("is told in the store's zone", () => {
    expect(clockTime(NOW, "ru-RU", "Europe/Berlin")).toBe("14:03:05");
    expect(clockTime(NOW, "ru-RU", "Asia/Tokyo")).toBe("22:03:05");
  });

  it("names the day where it is another one there", () => {
    const beforeMidnight = Date.parse("2026-11-21T22:30:00Z");
    expect(plain(shortTime(beforeMidnight, NOW, "en-IE", "Europe/Berlin"))).toBe("21 Nov, 23:30");
    expect(shortTime(beforeMidnight, NOW, "en-IE", "Asia/Tokyo")).toBe("07:30:00");
  });

  it("names zones with their offset, and days without a zone", () => {
    expect(zoneName("Europe/Berlin", NOW, "en-IE")).toBe("Europe/Berlin, GMT+1");
    expect(dayName("2026-11-22", "ru-RU")).toBe("22 ноября");
  });
});
