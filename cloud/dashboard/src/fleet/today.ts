import type { Sale } from "../api/types";

/** The day it is in a time zone, as `2026-11-30`. */
export function today(nowMs: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("en", { calendar: "gregory", timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const part = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  return `${part.get("year")}-${part.get("month")}-${part.get("day")}`;
}

/**
 * The day that a store sells on. Its tills may begin their day some hours after midnight, which only they know; where one
 * sold after midnight on yesterday's account, yesterday is not over.
 */
export function tradingDay(nowMs: number, timeZone: string, sales: readonly Pick<Sale, "business_day" | "completed_at_ms">[]): string {
  const day = today(nowMs, timeZone);
  const ofToday = sales.filter((sale) => today(sale.completed_at_ms, timeZone) === day).map((sale) => sale.business_day);
  return ofToday.length === 0 ? day : ofToday.reduce((latest, one) => (one > latest ? one : latest));
}
