import { describe, expect, it } from "vitest";
import type { Generation } from "../api/types";
import { changeOf, madeBy } from "./generations";

const generation = (number: number, products: number, views: number): Generation => ({
  number,
  products,
  views,
  until_next_change: false,
  made_at_ms: 0,
  kind: "catalogue",
  made_by: "system:worker",
});

describe("a generation", () => {
  it("says what came and went", () => {
    expect(changeOf(generation(3, 10, 40), generation(2, 12, 36))).toEqual({ products: -2, views: 4 });
    expect(changeOf(generation(3, 10, 40), undefined)).toEqual({ products: 0, views: 0 });
  });

  it("says who made it, where that may be known", () => {
    const people = [{ id: "7", name: "Ann" }];
    expect(madeBy("user:7", people)).toEqual({ kind: "person", name: "Ann" });
    expect(madeBy("user:8", people).kind).toBe("somebody");
    expect(madeBy("token:8", people).kind).toBe("software");
    expect(madeBy("system:worker", people).kind).toBe("cloud");
  });
});
