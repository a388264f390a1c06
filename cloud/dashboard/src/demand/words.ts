/** How demand is written: pieces or kilograms, and in which of the page's languages the cloud said why. */

import type { Forecast, ForecastBrief, ForecastTotal, ProposalLine } from "../api/types";
import type { Key } from "../i18n/language";
import { bounds, type ChartDay } from "./chart";

/** The words that a quantity stands in. */
export function unitKey(unit: ForecastBrief["unit"]): Key {
  return unit === "gram" ? "inKilograms" : "inPieces";
}

/** A quantity with as many digits as it says something: a tenth of a piece is a mean, a hundredth is noise. */
export function quantityText(value: number, locale: string): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

/** What the cloud said in both languages, in the page's; other languages have the English one. */
export function said(text: { readonly en: string; readonly ru: string }, language: string): string {
  return language === "ru" ? text.ru : text.en;
}

/** The days of a chart: what was sold, then what is expected. */
export function chartDays(forecast: Forecast): readonly ChartDay[] {
  const past = forecast.history.map(({ day, sold }) => ({ day, sold, mean: null, low: null, high: null }));
  const ahead = forecast.forecast.map(({ day, mean, quantiles }) => {
    const around = bounds(forecast.levels, quantiles);
    return { day, sold: null, mean, low: around?.low ?? mean, high: around?.high ?? mean };
  });
  return [...past, ...ahead];
}

/** The days of a chart of a whole store or a category, in whole units of its currency: what is drawn needs no minor ones. */
export function totalDays(total: Pick<ForecastTotal, "forecast" | "history" | "currency_exponent">): readonly ChartDay[] {
  const whole = (minor: number) => minor / 10 ** total.currency_exponent;
  const past = total.history.map(({ day, sold_minor }) => ({ day, sold: whole(sold_minor), mean: null, low: null, high: null }));
  const ahead = total.forecast.map(({ day, mean_minor, low_minor, high_minor }) => ({ day, sold: null, mean: whole(mean_minor), low: whole(low_minor), high: whole(high_minor) }));
  return [...past, ...ahead];
}

/** An amount as it stands beside a chart, where there is room for a few letters. */
export function shortAmount(value: number, locale: string): string {
  return new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** How a sum is named in the address: the whole store by nothing, the products of no category by a word that no category's name is taken for. */
export function totalAddress(total: Pick<ForecastTotal, "by" | "category">): string {
  if (total.by === "store") {
    return "";
  }
  return total.category === null || total.category === undefined ? "none" : `of ${total.category}`;
}

/** Packs that somebody wrote, where the supplier sells so many; `null` otherwise. */
export function readPacks(text: string, line: Pick<ProposalLine, "packs_min" | "packs_multiple">): number | null {
  if (!/^\d{1,6}$/.test(text.trim())) {
    return null;
  }
  const packs = Number(text.trim());
  const fits = packs === 0 || (packs >= line.packs_min && packs % line.packs_multiple === 0);
  return fits && packs <= 100_000 ? packs : null;
}

/** What packs cost, in whole minor units of the currency: what is shown before it is saved. */
export function previewAmount(lines: readonly Pick<ProposalLine, "number" | "packs" | "pack_price">[], changed: ReadonlyMap<number, number>): string {
  const sum = lines.reduce((total, line) => total + Number(line.pack_price) * (changed.get(line.number) ?? line.packs), 0);
  return sum.toFixed(2);
}
