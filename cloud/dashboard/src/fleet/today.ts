/** The day it is in a time zone, as `2026-11-30`. */
export function today(nowMs: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("en", { calendar: "gregory", timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const part = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  return `${part.get("year")}-${part.get("month")}-${part.get("day")}`;
}
