/** How large something is and how long it stays, in the units that people read. */

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
const HOURS_OF_DAY = 24;
const DAYS_OF_YEAR = 365;

/** "3.4 MB"; thousands, as drives and mail programs count. */
export function sizeText(bytes: number, locale: string): string {
  const step = bytes < 1_000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const format = new Intl.NumberFormat(locale, { style: "unit", unit: UNITS[step] ?? "byte", unitDisplay: "short", maximumFractionDigits: step === 0 ? 0 : 1 });
  return format.format(bytes / 1_000 ** step);
}

/** "72 hours", "7 days", "10 years"; short, "72 hr", where the sentence around it would want another case. */
export function lastsText(hours: number, locale: string, unitDisplay: "long" | "short" = "long"): string {
  const [amount, unit] = lasts(hours);
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 }).format(amount);
}

function lasts(hours: number): readonly [number, string] {
  const days = Math.round(hours / HOURS_OF_DAY);
  if (hours <= 3 * HOURS_OF_DAY) {
    return [hours, "hour"];
  }
  return days >= 2 * DAYS_OF_YEAR ? [Math.round(days / DAYS_OF_YEAR), "year"] : [days, "day"];
}
