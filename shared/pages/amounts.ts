/**
 * Money, weights and rates as people read them. Amounts stay whole numbers throughout: the decimal point is placed in
 * text, and `Intl.NumberFormat` takes that text as it is, so that no amount ever passes through a fraction.
 */

/** `decimal(1205, 2)` is "12.05". */
export function decimal(whole: number, places: number): string {
  if (!Number.isSafeInteger(whole)) {
    throw new RangeError(`an amount is a whole number, not ${whole}`);
  }
  const sign = whole < 0 ? "-" : "";
  const digits = String(Math.abs(whole)).padStart(places + 1, "0");
  const point = digits.length - places;
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

type Numeric = Parameters<Intl.NumberFormat["format"]>[0];

function exactly(format: Intl.NumberFormat, text: string): string {
  return format.format(text as Numeric);
}

export function formatMoney(minor: number, currency: string, exponent: number, locale: string): string {
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
  });
  return exactly(format, decimal(minor, exponent));
}

/** Grams as kilograms with all three places: what a scale shows. */
export function formatWeight(grams: number, locale: string): string {
  const format = new Intl.NumberFormat(locale, {
    style: "unit",
    unit: "kilogram",
    unitDisplay: "short",
    minimumFractionDigits: 3,
    maximumFractionDigits: 3,
  });
  return exactly(format, decimal(grams, 3));
}

/** 700 basis points are "7%". */
export function formatRate(basisPoints: number, locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 2 });
  return exactly(format, decimal(basisPoints, 4));
}

/** A probability in whole per cent, rounded down: never more certain than it is. */
export function formatProbability(probability: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: "percent" }).format(Math.floor(probability * 100) / 100);
}

export function formatTime(rfc3339: string, locale: string): string {
  const time = new Date(rfc3339);
  return Number.isNaN(time.getTime())
    ? ""
    : new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(time);
}
