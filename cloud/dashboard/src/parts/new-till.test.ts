import { describe, expect, it } from "vitest";
import { nextId } from "./new-till";

describe("a new till", () => {
  it("is proposed the number after the last", () => {
    expect(nextId([])).toBe("till-1");
    expect(nextId([{ id: "till-9" }, { id: "till-10" }, { id: "bakery" }, { id: "till-x" }])).toBe("till-11");
  });
});
