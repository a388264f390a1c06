import { describe, expect, it } from "vitest";
import type { OrderingPolicy } from "../api/types";
import { type Measures, POLICY_FIELDS, readAll, readValue, refusedField, RULE_FIELDS, saysSomething, TRIAL_FIELDS, TRIAL_NAMES, trialForm, trialIn, trialOf, trialParams, writtenAll, writtenValue } from "./ordering";

const russian: Measures = { locale: "ru-RU", exponent: 2, unit: "g" };
const english: Measures = { locale: "en-IE", exponent: 2, unit: "piece" };
const policy: OrderingPolicy = { service_a: 9_800, service_b: 9_550, service_c: 9_000, review_days: 3, budget_minor: 120_050 };

describe("fields of ordering", () => {
  it.each([
    [POLICY_FIELDS.service_a, "98", 9_800],
    [POLICY_FIELDS.service_a, " 99,5 % ", 9_950],
    [POLICY_FIELDS.service_a, "99.95", undefined],
    [POLICY_FIELDS.service_a, "49.99", undefined],
    [POLICY_FIELDS.service_a, "", undefined],
    [POLICY_FIELDS.review_days, "60", 60],
    [POLICY_FIELDS.review_days, "0", undefined],
    [POLICY_FIELDS.review_days, "1.5", undefined],
    [POLICY_FIELDS.budget_minor, "1 200,5", 120_050],
    [POLICY_FIELDS.budget_minor, "1.234", undefined],
    [POLICY_FIELDS.budget_minor, "-1", undefined],
    [POLICY_FIELDS.budget_minor, " ", null],
    [RULE_FIELDS.lead_days, "0", 0],
    [RULE_FIELDS.stock_min, "1,5", 1_500],
    [RULE_FIELDS.stock_min, "many", undefined],
  ])("%j, %j", (spec, text, expected) => expect(readValue(spec, text, russian)).toBe(expected));

  it("are written with the point of the language, and read as they were written", () => {
    expect(writtenValue(POLICY_FIELDS.service_b, 9_550, russian)).toBe("95,5");
    expect(writtenValue(POLICY_FIELDS.budget_minor, 120_050, english)).toBe("1200.50");
    expect(writtenValue(RULE_FIELDS.stock_min, 1_500, russian)).toBe("1,5");
    expect(writtenValue(RULE_FIELDS.lead_days, undefined, english)).toBe("");
    for (const measures of [russian, english]) {
      const written = writtenAll(TRIAL_FIELDS, TRIAL_NAMES, { ...policy, lead_days: 2 }, measures);
      const read = readAll(TRIAL_FIELDS, TRIAL_NAMES, written, measures);
      expect(read).toEqual({ values: { ...policy, lead_days: 2, order_min_minor: null, shelf_life_days: null } });
    }
  });

  it("say which of them is wrong", () => {
    const written = writtenAll(TRIAL_FIELDS, TRIAL_NAMES, policy, english);
    expect(readAll(TRIAL_FIELDS, TRIAL_NAMES, { ...written, review_days: "61" }, english)).toEqual({ wrong: "review_days" });
  });

  it("are found in what the cloud refuses", () => {
    const refused = (detail: string) => ({ kind: "refused", problem: { status: 422, code: "unprocessable", detail } }) as const;
    expect(refusedField(refused("ordering rule `lemon`: `lead_days` is 400: write 0 to 365"), ["stock_min", "lead_days"])).toBe("lead_days");
    expect(refusedField(refused("a budget of -1"), ["lead_days"])).toBeNull();
    expect(refusedField({ kind: "unreachable" }, ["lead_days"])).toBeNull();
  });
});

describe("a trial", () => {
  it("has what differs from the settings, in the address and in the question", () => {
    const written = { ...writtenAll(TRIAL_FIELDS, TRIAL_NAMES, policy, english), service_a: "99", budget_minor: "", lead_days: "0" };
    const read = readAll(TRIAL_FIELDS, TRIAL_NAMES, written, english);
    const trial = "values" in read ? trialOf(policy, read.values, 28) : null;
    expect(trial).toEqual({ days: 28, changes: { service_a: 9_900, budget_minor: null, lead_days: 0 } });
    const params = trialParams(trial!);
    expect(params).toEqual({ days: "28", service_a: "9900", budget_minor: "none", lead_days: "0" });
    expect(trialIn(new URLSearchParams(params))).toEqual(trial);
    expect(trialForm("a", trial!)).toEqual({ store: "a", days: 28, service_a: 9_900, budget_minor: 1_000_000_000_000, lead_days: 0 });
  });

  it("is none where the address has none, and leaves out what is no number", () => {
    expect(trialIn(new URLSearchParams("store=a"))).toBeNull();
    expect(trialIn(new URLSearchParams("days=28&service_a=none&review_days=-3&service_b=9000"))).toEqual({ days: 28, changes: { service_b: 9_000 } });
  });
});

describe("a rule", () => {
  it("says something where anything is said", () => {
    expect(saysSomething({ product: "lemon", supplier: null })).toBe(false);
    expect(saysSomething({ product: "lemon", lead_days: 0 })).toBe(true);
  });
});
