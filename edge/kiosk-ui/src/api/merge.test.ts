import { describe, expect, it } from "vitest";
import { pauseBefore, liveUrl } from "./live";
import { failureOf } from "./calls";
import { merge, readMessage } from "./merge";
import type { TillState } from "./types";

const state = { revision: 4, phase: "scanning", staff_called: false, questions: [] } as unknown as TillState;

describe("merging what the till says", () => {
  it("takes a snapshot whole, whatever was known before", () => {
    const next = { ...state, revision: 90, phase: "idle" } as TillState;
    expect(merge(state, { type: "snapshot", state: next })).toEqual({ state: next });
    expect(merge(null, { type: "snapshot", state: next })).toEqual({ state: next });
  });

  it("replaces the keys a delta names and keeps the others", () => {
    const merged = merge(state, { type: "delta", previous: 4, revision: 5, changes: { staff_called: true } });
    expect(merged).toEqual({ state: { ...state, staff_called: true, revision: 5 } });
  });

  it("clears a key that a delta sets to null", () => {
    const paying = { ...state, payment: { state: "authorising", amount_minor: 1, reason: null } } as TillState;
    const merged = merge(paying, { type: "delta", previous: 4, revision: 5, changes: { payment: null } });
    expect("state" in merged && merged.state.payment).toBeNull();
  });

  it("asks for a new snapshot when a delta was missed or came first", () => {
    const delta = { type: "delta", previous: 7, revision: 8, changes: {} } as const;
    expect(merge(state, delta)).toEqual({ resync: true });
    expect(merge(null, delta)).toEqual({ resync: true });
  });

  it("does not change what it was given", () => {
    const frozen = Object.freeze({ ...state });
    expect(() => merge(frozen, { type: "delta", previous: 4, revision: 5, changes: { phase: "review" } })).not.toThrow();
  });
});

describe("reading a message", () => {
  it.each(["", "not json", "null", "7", "[]", '{"type":"later"}', '{"type":"snapshot"}', '{"type":"delta","changes":[]}'])(
    "passes over %j",
    (text) => expect(readMessage(text)).toBeNull(),
  );

  it("knows snapshots and deltas", () => {
    expect(readMessage('{"type":"snapshot","state":{"revision":1}}')?.type).toBe("snapshot");
    expect(readMessage('{"type":"delta","previous":1,"revision":2,"changes":{}}')?.type).toBe("delta");
  });
});

describe("reconnecting", () => {
  it("waits longer each time, up to five seconds", () => {
    const pauses = [0, 1, 2, 3, 4, 5, 60].map((attempt) => pauseBefore(attempt, 0));
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  });

  it("takes up to a quarter off, so that tills do not come back in step", () => {
    expect(pauseBefore(5, 1)).toBe(3750);
  });

  it("goes where the page came from", () => {
    expect(liveUrl({ protocol: "http:", host: "127.0.0.1:8780" })).toBe("ws://127.0.0.1:8780/api/v1/live");
    expect(liveUrl({ protocol: "https:", host: "till" })).toBe("wss://till/api/v1/live");
  });
});

describe("naming a failure", () => {
  it.each([
    [409, "unfitting"],
    [422, "gone"],
    [404, "gone"],
    [429, "busy"],
    [503, "full"],
    [403, "refused"],
    [500, "refused"],
  ] as const)("%i is %s", (status, failure) => expect(failureOf(status)).toBe(failure));
});
