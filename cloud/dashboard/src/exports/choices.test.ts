import { describe, expect, it } from "vitest";
import { DATASETS, datasetOf, FORMATS, isBackwards, momentOf, quickSpans, reasonOf, spanOfPlan, spanText, spreadsheetOf } from "./choices";
import { isKey, languages } from "../i18n/translate";

const spans = (days: Parameters<typeof quickSpans>[0], today: string) =>
  Object.fromEntries(quickSpans(days, today).map(([key, { first, last }]) => [key, `${first}..${last}`]));

describe("days with one press", () => {
  it("are complete ones of what is over", () => {
    expect(spans("past", "2026-03-01")).toEqual({
      days_week: "2026-02-22..2026-02-28",
      days_yesterday: "2026-02-28..2026-02-28",
      days_today: "2026-03-01..2026-03-01",
      days_month: "2026-02-01..2026-02-28",
      days_all: "..",
    });
    expect(spans("past", "2027-01-15").days_month).toBe("2026-12-01..2026-12-31");
  });

  it("begin today of what is expected, and are none of what there is now", () => {
    expect(spans("ahead", "2026-12-28")).toEqual({ days_nextWeek: "2026-12-28..2027-01-03", days_nextFortnight: "2026-12-28..2027-01-10", days_allAhead: ".." });
    expect(spans("none", "2026-12-28")).toEqual({});
  });

  it("cannot go backwards", () => {
    expect(isBackwards({ first: "2026-01-02", last: "2026-01-01" })).toBe(true);
    expect([isBackwards({ first: "2026-01-01", last: "2026-01-01" }), isBackwards({ first: "2026-01-02", last: "" })]).toEqual([false, false]);
  });
});

describe("the days of a plan", () => {
  // 2026-03-02 05:00 UTC, as in the cloud's own test.
  const at = 1_772_427_600_000;
  it.each([
    ["sales", { first: "2026-02-23", last: "2026-03-01" }],
    ["forecasts", { first: "2026-03-02", last: "2026-03-08" }],
    ["stock", null],
  ] as const)("of %s", (dataset, span) => expect(spanOfPlan(dataset, 7, at)).toEqual(span));
});

describe("days as they are read", () => {
  const plain = (text: string | null) => text?.replace(/[\s\u2009]/g, " ") ?? null;
  it("are a range, an open end, or nothing", () => {
    expect(plain(spanText({ first: "2026-11-01", last: "2026-11-07" }, "en-IE"))).toMatch(/^1 ?– ?7 Nov 2026$/);
    expect(plain(spanText({ first: "2026-11-01", last: "2026-11-01" }, "en-IE"))).toBe("1 Nov 2026");
    expect(plain(spanText({ first: "2026-11-01" }, "en-IE"))).toBe("1 Nov 2026 –");
    expect(plain(spanText({ last: "2026-11-07" }, "en-IE"))).toBe("– 7 Nov 2026");
    expect(spanText({}, "en-IE")).toBeNull();
  });
});

describe("moments of a store", () => {
  it.each([
    ["2026-11-23T06:00", "Europe/Berlin", "2026-11-23T05:00:00.000Z"],
    ["2026-07-23T06:00", "Europe/Berlin", "2026-07-23T04:00:00.000Z"],
    ["2026-10-25T04:00", "Europe/Berlin", "2026-10-25T03:00:00.000Z"],
    ["2026-11-23T06:00", "Asia/Kolkata", "2026-11-23T00:30:00.000Z"],
    ["2026-11-23T06:00", "UTC", "2026-11-23T06:00:00.000Z"],
  ])("%s in %s", (local, zone, utc) => expect(new Date(momentOf(local, zone) ?? 0).toISOString()).toBe(utc));

  it("are none where nothing is said", () => expect(momentOf("", "UTC")).toBeNull());
});

describe("spreadsheets", () => {
  it.each([
    ["https://docs.google.com/spreadsheets/d/1AbC_d-9/edit#gid=0", "1AbC_d-9"],
    ["https://docs.google.com/spreadsheets/d/1AbC_d-9?usp=sharing", "1AbC_d-9"],
    [" 1AbC_d-9 ", "1AbC_d-9"],
    ["my sheet", null],
    ["https://example.org/", null],
    ["", null],
  ])("%j is %j", (text, id) => expect(spreadsheetOf(text)).toBe(id));
});

describe("why it failed", () => {
  it.each([
    ["there is no account for sheets: name its key in `sheets.credentials_file`", "exportNoAccount", {}],
    ["rows of export `x` may be there: the spreadsheet `1a` is not shared with `bot@example.org`: let that address edit it", "exportNotShared", { email: "bot@example.org" }],
    ["there is no spreadsheet `1a`, or not for `bot@example.org`", "exportNoSpreadsheet", { email: "bot@example.org" }],
    ["the spreadsheet `1a` refuses: has it a sheet `May`? {}", "exportNoSheet", { sheet: "May" }],
  ])("%s", (problem, key, values) => expect(reasonOf(problem)).toEqual({ key, values }));

  it("is left to the cloud where it is something else", () => expect(reasonOf("the disk is full")).toBeNull());
});

describe.each(languages)("exports in $code", (language) => {
  it("have words for each data set, its rows and each format", () => {
    const keys = [...DATASETS.flatMap((one) => [`dataset_${one}`, `rowOf_${one}`]), ...[...FORMATS, "sheet"].flatMap((one) => [`format_${one}`, `formatHint_${one}`])];
    for (const key of keys) {
      expect(isKey(language, key), key).toBe(true);
    }
  });
});

it("knows a data set by its name", () => expect([datasetOf("stock"), datasetOf("nonsense"), datasetOf(null)]).toEqual(["stock", null, null]));
