/** Where the lines of a forecast's chart run. Pure: numbers in, places in the picture's own units out. */

export interface ChartDay {
  readonly day: string;
  /** What was sold; `null` on days to come. */
  readonly sold: number | null;
  readonly mean: number | null;
  /** Between these what is sold lies on eight of ten days. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface Box {
  readonly width: number;
  readonly height: number;
  /** Room for what is written beside the lines. */
  readonly left: number;
  readonly bottom: number;
  readonly top: number;
}

export interface Tick {
  readonly value: number;
  readonly y: number;
}

export interface Drawn {
  readonly sold: string;
  readonly mean: string;
  readonly band: string;
  readonly ticks: readonly Tick[];
  /** Where the first day to come begins; `null` where all days are of one kind. */
  readonly todayX: number | null;
  readonly x: (index: number) => number;
}

const LEVELS = { low: 0.1, high: 0.9 } as const;

/** The quantiles that bound eight of ten days, by the probabilities that the cloud says. */
export function bounds(levels: readonly number[], quantiles: readonly number[]): { readonly low: number; readonly high: number } | null {
  const at = (level: number) => quantiles[levels.findIndex((one) => Math.abs(one - level) < 1e-9)];
  const [low, high] = [at(LEVELS.low), at(LEVELS.high)];
  return low === undefined || high === undefined ? null : { low, high };
}

/** Round steps, four or five of them, from zero to at least the highest value. */
export function steps(highest: number): readonly number[] {
  const rough = Math.max(highest, 1e-6) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? rough;
  return Array.from({ length: Math.ceil(highest / step - 1e-9) + 1 }, (_, index) => index * step);
}

export function drawn(days: readonly ChartDay[], box: Box): Drawn {
  const values = days.flatMap(({ sold, mean, high }) => [sold, mean, high]).filter((value) => value !== null);
  const marks = steps(Math.max(1, ...values));
  const most = marks[marks.length - 1] ?? 1;
  const x = (index: number) => rounded(box.left + ((box.width - box.left) * (index + 0.5)) / Math.max(days.length, 1));
  const y = (value: number) => rounded(box.top + (box.height - box.bottom - box.top) * (1 - value / most));
  const points = (of: (day: ChartDay) => number | null) =>
    days.flatMap((day, index) => {
      const value = of(day);
      return value === null ? [] : [`${x(index)} ${y(value)}`];
    });
  const upper = points(({ high }) => high);
  const lower = points(({ low }) => low).reverse();
  const first = days.findIndex(({ mean }) => mean !== null);
  return {
    sold: lineOf(points(({ sold }) => sold)),
    mean: lineOf(points(({ mean }) => mean)),
    band: upper.length === 0 ? "" : `${lineOf([...upper, ...lower])} Z`,
    ticks: marks.map((value) => ({ value, y: y(value) })),
    todayX: first <= 0 ? null : rounded((x(first - 1) + x(first)) / 2),
    x,
  };
}

function lineOf(points: readonly string[]): string {
  return points.length === 0 ? "" : `M ${points.join(" L ")}`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
