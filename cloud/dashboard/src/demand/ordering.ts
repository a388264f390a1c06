/** How a store orders, as people write it: each field with its limits, which are the cloud's own, and what stands in it. */

import { decimal } from "../../../../shared/pages/amounts";
import type { Failure } from "../api/calls";
import type { CountedIn, OrderingPolicy, OrderingRule, OrderingRuleForm, WhatIfForm } from "../api/types";
import { writtenAmount } from "../documents/shown";
import { readStock, writtenStock } from "../stock/words";

type Kind = "percent" | "days" | "money" | "stock";

/** What may stand in a field. Shares are in hundredths of a percent, amounts in minor units, stock in pieces or grams. */
export interface FieldSpec {
  readonly kind: Kind;
  readonly least: number;
  readonly most: number;
  /** Nothing may stand there too. */
  readonly optional: boolean;
}

const field = (kind: Kind, least: number, most: number, optional = false): FieldSpec => ({ kind, least, most, optional });
const optional = (kind: Kind, least: number, most: number) => field(kind, least, most, true);

const AMOUNT_MOST = 1_000_000_000_000;

/** What a store's settings have. */
export const POLICY_FIELDS = {
  service_a: field("percent", 5_000, 9_990),
  service_b: field("percent", 5_000, 9_990),
  service_c: field("percent", 5_000, 9_990),
  review_days: field("days", 1, 60),
  budget_minor: optional("money", 0, AMOUNT_MOST),
};

/** What can be tried beside them: it belongs to suppliers and products. */
export const WORLD_FIELDS = {
  lead_days: optional("days", 0, 60),
  order_min_minor: optional("money", 0, AMOUNT_MOST),
  shelf_life_days: optional("days", 1, 3_650),
};

export const TRIAL_FIELDS = { ...POLICY_FIELDS, ...WORLD_FIELDS };

/** What is said of a product in numbers. */
export const RULE_FIELDS = {
  lead_days: optional("days", 0, 365),
  review_days: optional("days", 1, 60),
  shelf_life_days: optional("days", 1, 3_650),
  stock_min: optional("stock", 0, AMOUNT_MOST),
  stock_max: optional("stock", 0, AMOUNT_MOST),
};

export type PolicyField = keyof typeof POLICY_FIELDS;
export type TrialField = keyof typeof TRIAL_FIELDS;
export type RuleField = keyof typeof RULE_FIELDS;

export const POLICY_NAMES = Object.keys(POLICY_FIELDS) as readonly PolicyField[];
export const WORLD_NAMES = Object.keys(WORLD_FIELDS) as readonly (keyof typeof WORLD_FIELDS)[];
export const TRIAL_NAMES = Object.keys(TRIAL_FIELDS) as readonly TrialField[];
export const RULE_NAMES = Object.keys(RULE_FIELDS) as readonly RuleField[];

/** What values are written in. */
export interface Measures {
  readonly locale: string;
  /** Digits behind the point of the store's currency. */
  readonly exponent: number;
  readonly unit: CountedIn;
}

/** What stands in a field for a value; nothing for none. */
export function writtenValue(spec: FieldSpec, value: number | null | undefined, measures: Measures): string {
  if (value === null || value === undefined) {
    return "";
  }
  switch (spec.kind) {
    case "percent":
      return writtenAmount(String(value / 100), measures.locale);
    case "money":
      return writtenAmount(decimal(value, measures.exponent), measures.locale);
    case "stock":
      return writtenAmount(writtenStock(value, measures.unit), measures.locale);
    case "days":
      return String(value);
  }
}

/** What somebody wrote: a value, `null` for nothing where that may be, `undefined` for what cannot stand there. */
export function readValue(spec: FieldSpec, text: string, measures: Measures): number | null | undefined {
  const written = text.replace(/[\s\u00a0\u202f%]/g, "").replace(",", ".");
  if (written === "") {
    return spec.optional ? null : undefined;
  }
  const value = spec.kind === "stock" ? readStock(written, measures.unit) : whole(written, { percent: 2, days: 0, money: measures.exponent }[spec.kind]);
  return value === null || value < spec.least || value > spec.most ? undefined : value;
}

/** A number with at most so many places, in units of the last of them. */
function whole(written: string, places: number): number | null {
  const found = /^(\d{1,13})(?:\.(\d+))?$/.exec(written);
  const fraction = found?.[2] ?? "";
  return found === null || fraction.length > places ? null : Number(`${found[1]}${fraction.padEnd(places, "0")}`);
}

export type Written<N extends string> = Readonly<Record<N, string>>;
export type Values<N extends string> = Readonly<Record<N, number | null>>;

/** Everything that stands in a form's fields, or the first field that is wrong. */
export function readAll<N extends string>(specs: Readonly<Record<N, FieldSpec>>, names: readonly N[], written: Written<N>, measures: Measures): { readonly values: Values<N> } | { readonly wrong: N } {
  const read = names.map((name) => [name, readValue(specs[name], written[name], measures)] as const);
  const wrong = read.find(([, value]) => value === undefined)?.[0];
  return wrong === undefined ? { values: Object.fromEntries(read) as Values<N> } : { wrong };
}

export function writtenAll<N extends string>(specs: Readonly<Record<N, FieldSpec>>, names: readonly N[], values: Readonly<Partial<Record<N, number | null>>>, measures: Measures): Written<N> {
  return Object.fromEntries(names.map((name) => [name, writtenValue(specs[name], values[name], measures)])) as Written<N>;
}

/** The field that a refusal is about: named as such, or in backticks in what the cloud says. */
export function refusedField<N extends string>(failure: Failure, names: readonly N[]): N | null {
  if (failure.kind !== "refused") {
    return null;
  }
  const said = [failure.problem.field, ...[...failure.problem.detail.matchAll(/`(\w+)`/g)].map((match) => match[1])];
  return names.find((name) => said.includes(name)) ?? null;
}

/** How the address says that there is no limit, which a number cannot. */
const NO_LIMIT = "none";

/** Days that can be lived through. */
export const TRIAL_DAYS = [28, 56, 91, 182] as const;
/** Those that are begun with: a season. */
export const USUAL_DAYS = 91;

/** What is tried: days to live through, and what is otherwise than in the store's settings. */
export interface Trial {
  readonly days: number;
  readonly changes: Readonly<Partial<Record<TrialField, number | null>>>;
}

/** What somebody wrote, as far as it differs from the settings. */
export function trialOf(policy: OrderingPolicy, values: Values<TrialField>, days: number): Trial {
  const changed = TRIAL_NAMES.filter((name) => values[name] !== asItIs(policy, name));
  return { days, changes: Object.fromEntries(changed.map((name) => [name, values[name]])) };
}

/** What a field of a trial has where nothing is changed. */
export function asItIs(policy: OrderingPolicy, name: TrialField): number | null {
  return name in POLICY_FIELDS ? (policy[name as PolicyField] ?? null) : null;
}

/** A trial in the address, so that it can be sent to somebody. */
export function trialParams({ days, changes }: Trial): Readonly<Record<string, string>> {
  const said = Object.entries(changes).map(([name, value]) => [name, value === null ? NO_LIMIT : String(value)]);
  return { days: String(days), ...Object.fromEntries(said) };
}

/** The trial of an address; `null` where it has none. */
export function trialIn(params: URLSearchParams): Trial | null {
  const days = Number(params.get("days") ?? "");
  if (!Number.isInteger(days) || days <= 0) {
    return null;
  }
  const changes = TRIAL_NAMES.flatMap((name): readonly (readonly [TrialField, number | null])[] => {
    const text = params.get(name) ?? "";
    if (text === NO_LIMIT && name === "budget_minor") {
      return [[name, null]];
    }
    return /^\d{1,15}$/.test(text) ? [[name, Number(text)]] : [];
  });
  return { days, changes: Object.fromEntries(changes) };
}

/** What the cloud is asked. It has no word for no limit, so a budget that nothing reaches stands for it. */
export function trialForm(store: string, { days, changes }: Trial): WhatIfForm {
  const said = Object.entries(changes).map(([name, value]) => [name, value ?? AMOUNT_MOST] as const);
  return { store, days, ...Object.fromEntries(said) };
}

/** Whether anything is said of a product that does not follow from the store's settings. */
export function saysSomething({ product: _, ...said }: OrderingRule): boolean {
  return Object.values(said).some((value) => value !== null && value !== undefined);
}

/** A rule as it is sent: without whose it is. */
export function ruleForm({ product: _, ...said }: OrderingRule): OrderingRuleForm {
  return said;
}
