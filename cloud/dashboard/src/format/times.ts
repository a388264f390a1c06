/** Times as people read them: how long ago, and exactly when, in a time zone that the page names. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Less than this ago is now; clocks differ by as much. */
const NOW_MS = 10 * SECOND;

/**
 * "3 minutes ago"; `null` for what is just now or, by a clock that goes wrong, still to come. Seconds are told by tens, so
 * that the page does not flicker.
 */
export function ago(atMs: number, nowMs: number, locale: string): string | null {
  const passed = nowMs - atMs;
  if (passed < NOW_MS) {
    return null;
  }
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "always" });
  if (passed < MINUTE) {
    return format.format(-Math.floor(passed / NOW_MS) * (NOW_MS / SECOND), "second");
  }
  if (passed < HOUR) {
    return format.format(-Math.floor(passed / MINUTE), "minute");
  }
  return passed < 2 * DAY ? format.format(-Math.floor(passed / HOUR), "hour") : format.format(-Math.floor(passed / DAY), "day");
}

/** "14:03:05". Without a zone, this device's. */
export function clockTime(atMs: number, locale: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "medium", ...zone(timeZone) }).format(atMs);
}

/** "14:03:05" of a time today, "21 Nov, 14:03" of another day. */
export function shortTime(atMs: number, nowMs: number, locale: string, timeZone: string): string {
  const day = new Intl.DateTimeFormat("en", { dateStyle: "short", timeZone });
  if (day.format(atMs) === day.format(nowMs)) {
    return clockTime(atMs, locale, timeZone);
  }
  const format = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone });
  return format.format(atMs);
}

/** Everything, with the zone: what stands behind a short time. */
export function fullTime(atMs: number, locale: string, timeZone?: string): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long", ...zone(timeZone) });
  return format.format(atMs);
}

/** "22 Nov 2026": a day that may be years away. */
export function dayOf(atMs: number, locale: string, timeZone: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone }).format(atMs);
}

/** "22 November" of `2026-11-22`. */
export function dayName(day: string, locale: string): string {
  const at = Date.parse(`${day}T12:00:00Z`);
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", timeZone: "UTC" }).format(at);
}

/** "Europe/Berlin, GMT+1": a name alone says nothing about the season. */
export function zoneName(timeZone: string, nowMs: number, locale: string): string {
  const format = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "shortOffset" });
  const offset = format.formatToParts(nowMs).find((part) => part.type === "timeZoneName")?.value;
  return offset === undefined ? timeZone : `${timeZone}, ${offset}`;
}

function zone(timeZone: string | undefined): Intl.DateTimeFormatOptions {
  return timeZone === undefined ? {} : { timeZone };
}
