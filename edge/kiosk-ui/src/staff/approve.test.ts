import { expect, it } from "vitest";
import { refusalOf } from "./approve";

it.each([
  [403, { code: "wrong_pin", tries_left: 4 }, { why: "wrong", triesLeft: 4 }],
  [429, { code: "pin_locked", retry_after_s: 60 }, { why: "locked", seconds: 60 }],
  [409, { code: "pin_not_set" }, { why: "not_set" }],
  [409, { code: "nothing_to_approve" }, { why: "unfitting" }],
  [409, { code: "wrong_phase" }, { why: "unfitting" }],
  [429, { code: "too_many_requests", retry_after_s: 1 }, { why: "failed" }],
  [403, { code: "forbidden" }, { why: "failed" }],
  [502, null, { why: "failed" }],
])("%d %o says why", (status, body, expected) => expect(refusalOf(status, body)).toEqual(expected));
