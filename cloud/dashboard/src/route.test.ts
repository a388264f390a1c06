import { describe, expect, it } from "vitest";
import { addressOf, routeOf } from "./route";

describe("addresses", () => {
  it("lead to where they were made", () => {
    const { place, of, params } = routeOf(addressOf("products", "a/b ü", { search: "red & ripe", archived: "" }));
    expect([place, of, params.get("search"), params.get("archived")]).toEqual(["products", "a/b ü", "red & ripe", null]);
  });

  it("lead to the fleet where they name nothing of ours", () => {
    for (const hash of ["", "#", "#/", "#content", "#/nowhere/at?all"]) {
      expect(routeOf(hash).place).toBe("fleet");
    }
    expect(routeOf("#/tills/%").of).toBe("%");
  });
});
