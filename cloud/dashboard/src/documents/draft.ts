/** What somebody corrects of a document, until it is sent: what they wrote, and the whole document with it. */

import type { Field, LineMatch, MatchForm, Parsed, ParsedLine } from "../api/types";

/** How a value is written. */
export type FieldKind = "text" | "amount" | "day" | "choice";

export const HEAD_KINDS = {
  supplier: "text",
  supplierTax: "text",
  kind: "choice",
  number: "text",
  issued: "day",
  delivered: "day",
  due: "day",
  currency: "text",
  net: "amount",
  tax: "amount",
  gross: "amount",
} as const satisfies Readonly<Record<string, FieldKind>>;

export type HeadField = keyof typeof HEAD_KINDS;

export const LINE_KINDS = {
  name: "text",
  supplier_article: "text",
  gtin: "text",
  quantity: "amount",
  unit: "text",
  unit_price: "amount",
  net_amount: "amount",
} as const satisfies Readonly<Record<string, FieldKind>>;

export type LineField = keyof typeof LINE_KINDS;

/** What somebody says that a line is. Without a `factor` a unit stays what it is taken for. */
export type Chosen =
  | { readonly kind: "product"; readonly product: string; readonly name: string; readonly factor: string | null }
  | { readonly kind: "none" };

/** Everything is by the lines as they were read; what is empty was taken away. */
export interface Edits {
  readonly head: Readonly<Partial<Record<HeadField, string | null>>>;
  readonly lines: Readonly<Record<number, Readonly<Partial<Record<LineField, string | null>>>>>;
  readonly removed: readonly number[];
  readonly chosen: Readonly<Record<number, Chosen>>;
}

export const NO_EDITS: Edits = { head: {}, lines: {}, removed: [], chosen: {} };

/** What somebody wrote, as the cloud reads it: nothing for an empty field, `undefined` for what cannot be. */
export function readField(kind: FieldKind, text: string): string | null | undefined {
  const written = text.trim();
  if (written === "") {
    return null;
  }
  if (kind !== "amount") {
    return written;
  }
  const plain = written.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  return /^-?\d{1,15}(\.\d{1,6})?$/.test(plain) ? plain : undefined;
}

export function headOf(parsed: Parsed, field: HeadField): Pick<Field, "value" | "confidence" | "origin"> | null {
  switch (field) {
    case "supplier":
      return parsed.supplier?.name ?? null;
    case "supplierTax":
      return parsed.supplier?.tax_id ?? null;
    case "net":
    case "tax":
    case "gross":
      return parsed.totals?.[field] ?? null;
    default:
      return parsed[field] ?? null;
  }
}

/** The line with what was written about it. */
export function lineOf(line: ParsedLine, edits: Edits["lines"][number] | undefined): ParsedLine {
  const changed = { ...line };
  for (const [field, value] of Object.entries(edits ?? {}) as [LineField, string | null][]) {
    changed[field] = said(line[field], value);
  }
  // The code says the same as the unit that was read; of another one the cloud knows better.
  return changed.unit === line.unit ? changed : { ...changed, unit_code: null };
}

/** The whole document as it should have been read, without the lines that are none. */
export function correctedOf(parsed: Parsed, edits: Edits): Parsed {
  const { head } = edits;
  const field = (name: Exclude<HeadField, "kind">) => said(headOf(parsed, name) as Field | null, head[name]);
  const lines = keptLines(parsed, edits);
  const places = new Map(lines.map((line, place) => [line, place]));
  const warnings = (parsed.warnings ?? []).flatMap((warning) => {
    const line = typeof warning.line === "number" ? places.get(warning.line) : null;
    return line === undefined ? [] : [line === null ? warning : { ...warning, line }];
  });
  return {
    ...parsed,
    ...(["number", "issued", "delivered", "due", "currency"] as const).reduce((all, name) => ({ ...all, [name]: field(name) }), {}),
    kind: said(parsed.kind, head.kind as NonNullable<Parsed["kind"]>["value"] | null | undefined),
    supplier: { ...(parsed.supplier as NonNullable<Parsed["supplier"]>), name: field("supplier"), tax_id: field("supplierTax") },
    totals: { ...(parsed.totals as NonNullable<Parsed["totals"]>), net: field("net"), tax: field("tax"), gross: field("gross") },
    lines: lines.map((line) => lineOf((parsed.lines ?? [])[line] as ParsedLine, edits.lines[line])),
    warnings,
  };
}

/**
 * What the lines are, as the page shows it: what is sure is said as well, so that what is kept is what was seen. What is only
 * likely is said by nobody.
 */
export function matchesOf(parsed: Parsed, matches: readonly LineMatch[], edits: Edits): readonly MatchForm[] {
  return keptLines(parsed, edits).flatMap((read, line) => {
    const chosen = edits.chosen[read];
    const match = matches[read];
    if (chosen !== undefined) {
      return [chosen.kind === "none" ? { line } : { line, product: chosen.product, ...(chosen.factor === null ? {} : { factor: chosen.factor }) }];
    }
    if (match?.badge === "left_out") {
      return [{ line }];
    }
    if (match?.product === undefined || !isSettled(match.badge)) {
      return [];
    }
    const { conversion } = match;
    const unitSaid = conversion?.assumption.code === "person" && edits.lines[read]?.unit === undefined;
    return [{ line, product: match.product, ...(unitSaid ? { factor: conversion.factor } : {}) }];
  });
}

/** Whether a line needs nobody to look at it. */
export function isSettled(badge: LineMatch["badge"]): boolean {
  return badge === "sure" || badge === "confirmed";
}

/** How many lines have a product, and how many are left open, as edited. */
export function countOf(parsed: Parsed, matches: readonly LineMatch[], edits: Edits): { readonly lines: number; readonly known: number; readonly open: number } {
  const lines = keptLines(parsed, edits);
  const said = matchesOf(parsed, matches, edits);
  return { lines: lines.length, known: said.filter((one) => one.product !== undefined).length, open: lines.length - said.length };
}

export function hasEdits(edits: Edits): boolean {
  return edits.removed.length + [edits.head, edits.lines, edits.chosen].reduce((sum, part) => sum + Object.keys(part).length, 0) > 0;
}

function keptLines(parsed: Parsed, edits: Edits): readonly number[] {
  return (parsed.lines ?? []).map((_, line) => line).filter((line) => !edits.removed.includes(line));
}

type Read<T> = Omit<Field, "value"> & { readonly value: T };

/** A value after somebody wrote another one; it stands where it stood. */
function said<T extends string>(before: Read<T> | null | undefined, value: T | null | undefined): Read<T> | null {
  if (value === undefined || value === (before?.value ?? null)) {
    return before ?? null;
  }
  const place = before?.place ?? undefined;
  return value === null ? null : { value, confidence: 1, origin: "person", ...(place === undefined ? {} : { place }) };
}
