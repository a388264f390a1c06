/** How what a document says is written on the page. */

import type { DocumentRow, Field, LineMatch, ParsedLine } from "../api/types";
import type { Key } from "../i18n/language";
import type { Chosen } from "./draft";

/** Below this a value asks for a look. */
const DOUBTFUL_BELOW = 0.8;

export const DOCUMENT_STATES = ["received", "reading", "needs_review", "confirmed", "received_goods", "split", "failed"] as const;

export const DOCUMENT_KINDS = ["invoice", "delivery_note", "credit_note", "order", "order_confirmation", "price_list", "bill_of_quantities"] as const;

/** What a line is, with what somebody just chose. */
export type Badge = LineMatch["badge"] | "chosen";

export const BADGES: Readonly<Record<Badge, Key>> = {
  sure: "badgeSure",
  likely: "badgeLikely",
  new: "badgeNew",
  confirmed: "badgeConfirmed",
  left_out: "badgeLeftOut",
  chosen: "badgeChosen",
};

export function badgeOf(match: LineMatch | undefined, chosen: Chosen | undefined): Badge {
  if (chosen !== undefined) {
    return chosen.kind === "none" ? "left_out" : "chosen";
  }
  return match?.badge ?? "new";
}

/** Whether it is still on its way to be read. */
export function isUnderWay(state: string): boolean {
  return state === "received" || state === "reading";
}

/** What a document is called in lists: by its number, else by its file. */
export function titleOf({ number, file_name }: Pick<DocumentRow, "number" | "file_name">): string {
  return number ?? file_name;
}

export function isDoubtful(field: Pick<Field, "confidence"> | null | undefined): boolean {
  return field !== null && field !== undefined && field.confidence < DOUBTFUL_BELOW;
}

type Numeric = Parameters<Intl.NumberFormat["format"]>[0];

/** An amount with every digit that is said, and at least those of its currency. What a document calls its currency need not be one. */
export function amountText(value: string, currency: string | null | undefined, locale: string): string {
  const isCode = currency !== null && currency !== undefined && /^[A-Z]{3}$/.test(currency);
  const style: Intl.NumberFormatOptions = isCode ? { style: "currency", currency } : {};
  const least = isCode ? (new Intl.NumberFormat(locale, style).resolvedOptions().minimumFractionDigits ?? 0) : 0;
  const digits = value.split(".")[1]?.length ?? 0;
  const format = new Intl.NumberFormat(locale, { ...style, minimumFractionDigits: Math.min(Math.max(digits, least), 20), maximumFractionDigits: 20 });
  return format.format(value as Numeric);
}

/** What a quantity comes to in stock units: whole, or nothing. */
export function inStockUnits(quantity: string, factor: string): string | null {
  const [amount, places] = wholeOf(quantity);
  const [times, more] = wholeOf(factor);
  const scale = 10n ** BigInt(places + more);
  const product = amount * times;
  return product > 0n && product % scale === 0n ? String(product / scale) : null;
}

/** The digits of a decimal number, and how many of them stand behind the point. */
function wholeOf(decimal: string): readonly [bigint, number] {
  const [whole = "0", fraction = ""] = decimal.split(".");
  return [BigInt(whole + fraction), fraction.length];
}

/** A value as it stands in a field: with the point of the language, and nothing between thousands. */
export function writtenAmount(value: string, locale: string): string {
  const point = new Intl.NumberFormat(locale).formatToParts(1.5).find((part) => part.type === "decimal")?.value;
  return value.replace(".", point ?? ".");
}

const UNITS: Readonly<Record<string, Key>> = {
  C62: "unitPiece",
  H87: "unitPiece",
  EA: "unitPiece",
  NAR: "unitPiece",
  CS: "unitCase",
  XCS: "unitCase",
  CT: "unitCase",
  XCT: "unitCase",
  BX: "unitCase",
  XBX: "unitCase",
  KGM: "unitKg",
  GRM: "unitGram",
  LTR: "unitLitre",
};

/** The word for a line's unit, where there is one in every language; else as the document prints it. */
export function unitOf(line: Pick<ParsedLine, "unit" | "unit_code">): { readonly key: Key } | { readonly text: string } {
  const key = UNITS[line.unit_code ?? line.unit?.value ?? ""];
  return key === undefined ? { text: line.unit?.value ?? line.unit_code ?? "" } : { key };
}

/** A day with its year: "20 Nov 2026" of `2026-11-20`. What is none stays as it is. */
export function dayText(day: string, locale: string): string {
  const at = Date.parse(`${day}T12:00:00Z`);
  return Number.isNaN(at) ? day : new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(at);
}
