import { expect, it } from "vitest";
import { bornBy } from "./birthday";

it.each([
  ["2026-11-22", 18, "2008-11-22"],
  ["2026-01-01", 16, "2010-01-01"],
  // The day after is 1 March: who was born then is a day short.
  ["2024-02-29", 18, "2006-02-28"],
  ["2028-02-29", 20, "2008-02-29"],
  ["2026-02-28", 18, "2008-02-28"],
  ["2026-03-01", 18, "2008-03-01"],
])("on %s who is %d was born on %s at the latest", (today, age, expected) => {
  const [year = 0, month = 0, day = 0] = today.split("-").map(Number);
  const born = bornBy(new Date(year, month - 1, day, 23, 59), age);
  const written = [born.getFullYear(), born.getMonth() + 1, born.getDate()].map((part) => String(part).padStart(2, "0"));
  expect(written.join("-")).toBe(expected);
});
