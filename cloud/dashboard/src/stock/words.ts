/** How stock is written and read: pieces, or kilograms where the cloud counts grams. */

import type { CountedIn, StockMovement } from "../api/types";
import type { Amount } from "../fleet/standing";
import type { Key } from "../i18n/language";

const GRAMS = 1_000;
/** As much as the cloud takes at once. */
const MOST = 1_000_000_000_000;

/** A count of pieces or grams as people write it. */
export function stockText(quantity: number, unit: CountedIn, locale: string, t: (key: Key, values: { amount: string }) => string): string {
  if (unit === "g") {
    return t("stockKg", { amount: new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(quantity / GRAMS) });
  }
  return t("stockPcs", { amount: new Intl.NumberFormat(locale).format(quantity) });
}

/** The same with its sign, for what came or went. */
export function changeText(change: number, unit: CountedIn, locale: string, t: (key: Key, values: { amount: string }) => string): string {
  const sign = change < 0 ? "−" : "+";
  return `${sign}${stockText(Math.abs(change), unit, locale, t)}`;
}

/** What somebody wrote, in pieces or grams; `null` where it is no such number. */
export function readStock(text: string, unit: CountedIn): number | null {
  const written = text.trim().replace(/\s/g, "").replace(",", ".");
  if (!(unit === "g" ? /^\d{1,9}(\.\d{1,3})?$/ : /^\d{1,12}$/).test(written)) {
    return null;
  }
  const quantity = unit === "g" ? Math.round(Number(written) * GRAMS) : Number(written);
  return quantity <= MOST ? quantity : null;
}

/** What stands in a field for a quantity. */
export function writtenStock(quantity: number, unit: CountedIn): string {
  return unit === "g" ? String(quantity / GRAMS) : String(quantity);
}

/** An amount in minor units of a currency, whose digits the language knows. */
export function amountOf(minor: number, currency: string, locale: string): Amount {
  const exponent = new Intl.NumberFormat(locale, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return { minor, currency, exponent };
}

/** Movements, the newest first, with what there was after each: `onHand` is what there is after the newest. */
export function withBalances(movements: readonly StockMovement[], unit: CountedIn, onHand: number): readonly { readonly movement: StockMovement; readonly after: number }[] {
  let after = onHand;
  return movements
    .filter((movement) => movement.unit === unit)
    .map((movement) => {
      const shown = { movement, after };
      after -= movement.change;
      return shown;
    });
}
