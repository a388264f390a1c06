import { describe, expect, it } from "vitest";
import { Reader } from "../api/calls";
import { isForbidden } from "./known";
import { FleetWatch } from "./watch";

interface Asked {
  readonly path: string;
  readonly tag: string | null;
}

/** A cloud that answers from a table: a value, a status with a code, or nothing at all. */
class FakeCloud {
  readonly asked: Asked[] = [];
  answers = new Map<string, unknown>();
  gone = false;

  readonly fetch = async (path: string, init: RequestInit): Promise<Response> => {
    const tag = new Headers(init.headers).get("if-none-match");
    this.asked.push({ path, tag });
    if (this.gone) {
      throw new TypeError("no route");
    }
    const known = [...this.answers].find(([start]) => path.startsWith(start));
    const value = known?.[1];
    if (typeof value === "number") {
      const code = value === 403 ? "forbidden" : value === 401 ? "unauthenticated" : "unavailable";
      return Response.json({ code, detail: "no", status: value }, { status: value });
    }
    const own = `"${JSON.stringify(value).length}-${path.length}"`;
    return tag === own ? new Response(null, { status: 304 }) : Response.json(value, { headers: { etag: own } });
  };

  take(): readonly Asked[] {
    return this.asked.splice(0);
  }
}

const store = (id: string) => ({ id, name: id, time_zone: "UTC", currency: "EUR", currency_exponent: 2 });

function visit(stores: readonly string[]) {
  const cloud = new FakeCloud();
  // What is more particular stands first.
  for (const id of stores) {
    cloud.answers.set(`/api/v1/stores/${id}/`, { items: [] });
  }
  cloud.answers.set("/api/v1/stores", { items: stores.map(store) });
  cloud.answers.set("/api/v1/journals", { heads: [], gaps: [], forks: [] });
  cloud.answers.set("/api/v1/set-aside", { items: [] });
  const clock = { at: Date.parse("2026-11-22T12:00:00Z"), now: () => clock.at };
  let ended = 0;
  const watch = new FleetWatch(new Reader(cloud.fetch), () => (ended += 1), clock);
  return { cloud, clock, watch, ended: () => ended };
}

describe("watching a fleet", () => {
  it("asks again with the tags it was given, and keeps what has not changed as it is", async () => {
    const { cloud, watch } = visit(["a"]);
    await watch.ask();
    expect(cloud.take().map((one) => one.tag)).toEqual([null, null, null, null, null, null, null]);
    const before = watch.current().stores.value?.[0]?.tills.value;
    await watch.ask();
    expect(cloud.take().every((one) => one.tag !== null)).toBe(true);
    expect(watch.current().stores.value?.[0]?.tills.value).toBe(before);
  });

  it("keeps what it knew while the cloud is away, and says since when", async () => {
    const { cloud, clock, watch } = visit(["a"]);
    await watch.ask();
    const heard = clock.at;
    cloud.gone = true;
    clock.at += 60_000;
    await watch.ask();
    const { stores, heardAtMs } = watch.current();
    expect(stores.value?.length).toBe(1);
    expect([heardAtMs, stores.heardAtMs, stores.failure?.kind]).toEqual([heard, heard, "unreachable"]);
    cloud.gone = false;
    await watch.ask();
    expect(watch.current().heardAtMs).toBe(clock.at);
    expect(watch.current().stores.failure).toBeNull();
  });

  it("does not ask again for what a role does not show", async () => {
    const { cloud, watch } = visit(["a"]);
    cloud.answers = new Map([["/api/v1/stores/a/sales", 403 as unknown], ...cloud.answers]);
    await watch.ask();
    const known = watch.current().stores.value?.[0];
    expect(known !== undefined && isForbidden(known.sums) && isForbidden(known.sales)).toBe(true);
    cloud.take();
    await watch.ask();
    expect(cloud.take().filter((one) => one.path.includes("/sales"))).toEqual([]);
  });

  it("tells once that the session has ended", async () => {
    const { cloud, watch, ended } = visit(["a"]);
    cloud.answers.set("/api/v1/stores", 401);
    cloud.answers.delete("/api/v1/stores/a/");
    await watch.ask();
    expect(ended()).toBe(1);
  });

  it("asks a few stores at a time, each in its turn", async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `store-${String(index).padStart(2, "0")}`);
    const { cloud, clock, watch } = visit(ids);
    const asked = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      await watch.ask();
      clock.at += 2_000;
      const now = new Set(cloud.take().flatMap(({ path }) => path.match(/stores\/([^/]+)\//)?.[1] ?? []));
      expect(now.size).toBeLessThanOrEqual(8);
      now.forEach((id) => asked.add(id));
    }
    expect(asked.size).toBe(20);
    expect(watch.current().stores.value?.every((one) => one.tills.value !== null)).toBe(true);
  });

  it("drops yesterday's sums when the store's day ends", async () => {
    const { cloud, clock, watch } = visit(["a"]);
    await watch.ask();
    clock.at += 24 * 3_600_000;
    cloud.take();
    await watch.ask();
    expect(cloud.take().filter((one) => one.path.includes("first_day=2026-11-23")).length).toBe(1);
    expect(watch.current().stores.value?.[0]?.day).toBe("2026-11-23");
  });
});
