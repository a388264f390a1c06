import { describe, expect, it } from "vitest";
import type { Sale, Sum, Till } from "../api/types";
import { newest, noteArrivals, FRESH_MS } from "./arrivals";
import { type StoreKnown, unheard } from "./known";
import { AWAY_AFTER_MS, byTill, catalogueOf, needsAttention, newestOf, odditiesOf, soldBy, standingOf, standingsOf, unsentOf } from "./standing";
import { today } from "./today";

const NOW = Date.parse("2026-11-22T23:30:00Z");

const till = (more: Partial<Till> = {}): Till => ({ store: "a", id: "till-1", name: "Door", created_at_ms: 0, ...more });
const seen = (at_ms: number, generation = 1): Till => till({ last_seen: { at_ms, generation, sequence: 1, software: "0.1.0", unsent: 0 } });

describe("a till", () => {
  it("is connected while it reports, and away after it missed some", () => {
    expect(standingOf(seen(NOW), NOW)).toBe("connected");
    expect(standingOf(seen(NOW - AWAY_AFTER_MS), NOW)).toBe("connected");
    expect(standingOf(seen(NOW - AWAY_AFTER_MS - 1), NOW)).toBe("away");
    expect(standingOf(till(), NOW)).toBe("never");
    expect(standingOf({ ...seen(NOW), retired_at_ms: NOW }, NOW)).toBe("retired");
  });

  it("is judged by when the cloud was heard, not by what time it is since", () => {
    const part = { value: [seen(NOW)], heardAtMs: NOW - 7_000, failure: { kind: "unreachable" } } as const;
    expect(standingsOf(part, 7_000)).toEqual(["connected"]);
    expect(standingsOf({ ...part, heardAtMs: NOW + AWAY_AFTER_MS }, 1)).toEqual(["away"]);
    expect(standingsOf({ ...part, value: null, heardAtMs: null }, 0)).toEqual([]);
  });

  it("is behind by as many generations as were made since its own", () => {
    expect(catalogueOf(seen(NOW, 5), 7)).toEqual({ kind: "behind", number: 5, by: 2 });
    expect(catalogueOf(seen(NOW, 7), 7)).toEqual({ kind: "newest", number: 7 });
    expect(catalogueOf(seen(NOW, 8), 7)).toEqual({ kind: "unknown", number: 8 });
    expect(catalogueOf(seen(NOW, 7), null)).toEqual({ kind: "unknown", number: 7 });
    expect(catalogueOf(seen(NOW, 0), 7)).toEqual({ kind: "none" });
    expect(catalogueOf(till(), 7)).toEqual({ kind: "none" });
  });

  it("has sales that did not come as far as it and its journal here say", () => {
    const head = { store: "a", till: "till-1", sequence: 5, received_at_ms: 0 };
    const journals = { heads: [head], gaps: [], forks: [] };
    const sold = (sequence: number) => till({ last_seen: { at_ms: NOW, generation: 1, sequence, software: "0.1.0", unsent: 0 } });
    expect([8, 5, 3].map((sequence) => unsentOf(sold(sequence), "a", journals))).toEqual([3, 0, 0]);
    expect(unsentOf(sold(2), "b", journals)).toBe(2);
    expect(unsentOf(till(), "a", journals)).toBe(0);
  });
});

describe("a store", () => {
  const generation = (number: number) => ({
    number,
    until_next_change: false,
    made_at_ms: 0,
    kind: "catalogue",
    made_by: "system:worker",
    products: 1,
    views: 0,
  });
  const sum = (id: string, currency: string, sales: number, gross_minor: number): Sum => ({
    till: id,
    business_day: "2026-11-22",
    currency,
    currency_exponent: currency === "JPY" ? 0 : 2,
    sales,
    net_minor: gross_minor,
    tax_minor: 0,
    gross_minor,
  });

  it("sells from its newest generation, in whatever order they are listed", () => {
    expect(newestOf([generation(2), generation(9), generation(3)])?.number).toBe(9);
    expect(newestOf([])).toBeNull();
  });

  it("sold what its tills sold, each currency by itself", () => {
    const sums = [sum("till-1", "EUR", 2, 1205), sum("till-2", "EUR", 1, 95), sum("till-2", "JPY", 1, 500)];
    expect(soldBy(sums)).toEqual({
      sales: 4,
      amounts: [{ currency: "EUR", exponent: 2, minor: 1300 }, { currency: "JPY", exponent: 0, minor: 500 }],
    });
    expect(soldBy(sums, "till-1")).toEqual({ sales: 2, amounts: [{ currency: "EUR", exponent: 2, minor: 1205 }] });
    expect(soldBy([], "till-1")).toEqual({ sales: 0, amounts: [] });
  });

  it("has the day that it is there", () => {
    expect(today(NOW, "UTC")).toBe("2026-11-22");
    expect(today(NOW, "Europe/Berlin")).toBe("2026-11-23");
    expect(today(Date.parse("2026-01-01T01:00:00Z"), "America/New_York")).toBe("2025-12-31");
  });

  it("needs attention for what is its own alone", () => {
    const gap = { store: "a", till: "till-1", first: 5, last: 7, lost: false, noticed_at_ms: 0 };
    const journals = { heads: [], gaps: [gap, { ...gap, lost: true }], forks: [{ store: "a", till: "till-1", sequence: 9, known_hash: "a", other_hash: "b", noticed_at_ms: 0 }] };
    const odd = odditiesOf("a", journals, null);
    expect([odd.missing.length, odd.lost.length, odd.forks.length, odd.setAside.length]).toEqual([1, 1, 1, 0]);
    expect(needsAttention(odd)).toBe(true);
    expect(needsAttention(odditiesOf("b", journals, []))).toBe(false);
    expect(byTill([{ till: "b" }, { till: "a" }, { till: "b" }]).map(([id, all]) => [id, all.length])).toEqual([["a", 1], ["b", 2]]);
  });
});

describe("sales that come in", () => {
  const sale = (id: string, completed_at_ms = 0): Sale => ({
    id,
    till: "till-1",
    sequence: 1,
    business_day: "2026-11-22",
    completed_at_ms,
    received_at_ms: completed_at_ms,
    currency: "EUR",
    currency_exponent: 2,
    gross_minor: 100,
    lines: 1,
  });

  it("are marked for a while, and what was there before is not", () => {
    const none = new Map<string, number>();
    expect(noteArrivals(none, new Set(), [sale("a")], true, NOW).size).toBe(0);
    const one = noteArrivals(none, new Set(["a"]), [sale("b"), sale("a")], false, NOW);
    expect([...one]).toEqual([["b", NOW]]);
    const still = noteArrivals(one, new Set(["a", "b"]), [sale("b")], false, NOW + FRESH_MS - 1);
    expect([...still]).toEqual([["b", NOW]]);
    expect(noteArrivals(still, new Set(["b"]), [sale("b")], false, NOW + FRESH_MS).size).toBe(0);
  });

  it("stand with the newest of all stores on top", () => {
    const store = (id: string, sales: readonly Sale[]): StoreKnown => ({
      store: {
        id,
        name: id,
        time_zone: "UTC",
        currency: "EUR",
        currency_exponent: 2,
        taxes: { inclusive: true, basis_points: {} },
        created_at_ms: 0,
        updated_at_ms: 0,
      },
      day: "2026-11-22",
      tills: unheard(),
      generations: unheard(),
      sums: unheard(),
      sales: { value: sales, heardAtMs: NOW, failure: null },
    });
    const stores = [store("a", [sale("1", 10), sale("2", 30)]), store("b", [sale("3", 20), sale("4", 30)])];
    expect(newest(stores, 3).map((one) => one.sale.id)).toEqual(["4", "2", "3"]);
  });
});
