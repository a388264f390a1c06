/** How demand is written: pieces or kilograms, and in which of the page's languages the cloud said why. */

import type { Forecast, ForecastBrief, ProposalLine } from "../api/types";
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
