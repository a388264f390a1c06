import { describe, expect, it } from "vitest";
import type { Session } from "./api/types";
import { may, mayAnywhere, reachOf } from "./roles";

const session = (...grants: NonNullable<Session["grants"]>): Session => ({ organisation: "acme", actor: "user:1", grants });

describe("what is offered", () => {
  it("follows the role and where it was given", () => {
    const here = session({ role: "manager", store: "a" }, { role: "clerk" });
    expect([may(here, "roll-back", "a"), may(here, "roll-back", "b")]).toEqual([true, false]);
    expect(may(here, "change-products")).toBe(false);
    expect(may(session({ role: "owner" }), "change-products")).toBe(true);
    const clerk = session({ role: "clerk", store: "a" });
    expect([may(clerk, "send-documents", "a"), may(clerk, "receive-goods", "a"), may(clerk, "confirm-documents", "a")]).toEqual([true, true, false]);
    expect([may(clerk, "send-documents"), may(clerk, "receive-goods", "b")]).toEqual([false, false]);
    expect(may(session({ role: "auditor" }), "confirm-documents")).toBe(false);
    expect(may(session({ role: "technician" }), "claim-till", "a")).toBe(true);
    expect(may(session({ role: "technician" }), "roll-back", "a")).toBe(false);
    expect(may({ organisation: "acme", actor: "user:1" }, "claim-till", "a")).toBe(false);
  });

  it("reaches as far as the grant", () => {
    const stores = [{ id: "a" }, { id: "b" }];
    const reach = (who: Session) => reachOf(who, "make-exports", stores).map((one) => one?.id ?? null);
    expect(reach(session({ role: "auditor" }))).toEqual([null, "a", "b"]);
    const here = session({ role: "manager", store: "b" });
    expect(reach(here)).toEqual(["b"]);
    expect([mayAnywhere(here, "make-exports"), may(here, "make-exports"), mayAnywhere(session({ role: "clerk" }), "make-exports")]).toEqual([true, false, false]);
    expect([may(session({ role: "manager" }), "see-audit"), may(session({ role: "auditor" }), "plan-exports")]).toEqual([false, false]);
  });
});
