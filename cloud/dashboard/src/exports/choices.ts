/** What can be exported, as what, and of which days. */

import type { Key } from "../i18n/language";

/** `none`: what there is when it is made. `past` and `ahead`: days that are over, and days that are still to come. */
export type Days = "none" | "past" | "ahead";

interface DatasetAbout {
  readonly days: Days;
  /** What its days are: said beside them. */
  readonly hint: Key;
}

const DATASET_TABLE = {
  sales: { days: "past", hint: "exportDaysTrading" },
  sale_lines: { days: "past", hint: "exportDaysTrading" },
  stock: { days: "none", hint: "exportDaysNone" },
  stock_movements: { days: "past", hint: "exportDaysUtc" },
  prices: { days: "past", hint: "exportDaysPrices" },
  forecasts: { days: "ahead", hint: "exportDaysAhead" },
  forecast_totals: { days: "ahead", hint: "exportDaysAhead" },
  audit: { days: "past", hint: "exportDaysUtc" },
} as const satisfies Readonly<Record<string, DatasetAbout>>;

export type Dataset = keyof typeof DATASET_TABLE;

export const DATASETS = Object.keys(DATASET_TABLE) as readonly Dataset[];

export function aboutDataset(dataset: Dataset): DatasetAbout {
  return DATASET_TABLE[dataset];
}

/** The data set of an address, if there is one of that name. */
export function datasetOf(name: string | null): Dataset | null {
  return DATASETS.find((one) => one === name) ?? null;
}

export const FORMATS = ["xlsx", "csv", "json", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/** From a day to a day, as `2026-11-30`; empty where there is no such bound. */
export interface Span {
  readonly first: string;
  readonly last: string;
}

export const ALL_DAYS: Span = { first: "", last: "" };

/** The spans that can be had with one press, the first of them unless another is chosen. */
export function quickSpans(days: Days, today: string): readonly (readonly [Key, Span])[] {
  const [year = 0, month = 0] = today.split("-").map(Number);
  switch (days) {
    case "none":
      return [];
    case "past":
      return [
        ["days_week", { first: dayAfter(today, -7), last: dayAfter(today, -1) }],
        ["days_yesterday", { first: dayAfter(today, -1), last: dayAfter(today, -1) }],
        ["days_today", { first: today, last: today }],
        ["days_month", { first: dayOf(Date.UTC(year, month - 2, 1)), last: dayOf(Date.UTC(year, month - 1, 0)) }],
        ["days_all", ALL_DAYS],
      ];
    case "ahead":
      return [
        ["days_nextWeek", { first: today, last: dayAfter(today, 6) }],
        ["days_nextFortnight", { first: today, last: dayAfter(today, 13) }],
        ["days_allAhead", ALL_DAYS],
      ];
  }
}

/** What is chosen for a data set unless somebody chooses. */
export function firstSpan(dataset: Dataset, today: string): Span {
  return quickSpans(aboutDataset(dataset).days, today)[0]?.[1] ?? ALL_DAYS;
}

export function isBackwards({ first, last }: Span): boolean {
  return first !== "" && last !== "" && first > last;
}

/** The days of a plan's export that is made at a moment: by UTC, as the cloud counts them. `null` where there are none to speak of. */
export function spanOfPlan(dataset: Dataset, days: number, atMs: number): Span | null {
  const day = dayOf(atMs);
  switch (aboutDataset(dataset).days) {
    case "none":
      return null;
    case "past":
      return { first: dayAfter(day, -days), last: dayAfter(day, -1) };
    case "ahead":
      return { first: day, last: dayAfter(day, days - 1) };
  }
}

/** "1–7 Nov 2026"; `null` where neither end is said. An open end is written with a dash alone. */
export function spanText({ first, last }: Partial<Span>, locale: string): string | null {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const at = (day: string | undefined) => (day === undefined || day === "" ? null : Date.parse(`${day}T12:00:00Z`));
  const [from, until] = [at(first), at(last)];
  if (from !== null && until !== null) {
    return format.formatRange(from, until);
  }
  if (from !== null) {
    return `${format.format(from)} –`;
  }
  return until === null ? null : `– ${format.format(until)}`;
}

/** The moment of `2026-11-23T06:00` in a time zone; `null` where that is no moment. */
export function momentOf(local: string, timeZone: string): number | null {
  const asIfUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asIfUtc)) {
    return null;
  }
  // The offset of that moment is known once the moment is; one step beside a change of the clocks is enough.
  const near = asIfUtc - offsetMs(asIfUtc, timeZone);
  return asIfUtc - offsetMs(near, timeZone);
}

/** The id in a spreadsheet's address, or what is one already; `null` for what is neither. */
export function spreadsheetOf(text: string): string | null {
  const id = /\/d\/([^/?#]+)/.exec(text)?.[1] ?? text.trim();
  return /^[A-Za-z0-9_-]{1,200}$/.test(id) ? id : null;
}

export interface Reason {
  readonly key: Key;
  readonly values: Readonly<Record<string, string>>;
}

/** Why an export failed, where the page has words for it; else the cloud's own stand. */
export function reasonOf(problem: string): Reason | null {
  if (problem.includes("there is no account for sheets")) {
    return { key: "exportNoAccount", values: {} };
  }
  const notShared = /the spreadsheet `[^`]*` is not shared with `([^`]*)`/.exec(problem);
  if (notShared !== null) {
    return { key: "exportNotShared", values: { email: notShared[1] ?? "" } };
  }
  const missing = /there is no spreadsheet `[^`]*`, or not for `([^`]*)`/.exec(problem);
  if (missing !== null) {
    return { key: "exportNoSpreadsheet", values: { email: missing[1] ?? "" } };
  }
  const sheet = /the spreadsheet `[^`]*` refuses: has it a sheet `([^`]*)`/.exec(problem);
  return sheet === null ? null : { key: "exportNoSheet", values: { sheet: sheet[1] ?? "" } };
}

function dayAfter(day: string, days: number): string {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

const DAY_MS = 86_400_000;

/** What a zone's clocks show at a moment, less UTC. */
function offsetMs(atMs: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en", { calendar: "gregory", hourCycle: "h23", timeZone, year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  const part = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes) => part.get(type) ?? 0;
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) - Math.floor(atMs / 1_000) * 1_000;
}
