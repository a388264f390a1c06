/** What came of a trial: as it is beside as it would be, and whether that is better. */

import type { WhatIf } from "../api/types";
import type { Key } from "../i18n/language";

type Name = Exclude<keyof WhatIf["as_it_is"], "sold_minor">;
type Kind = "money" | "share" | "count";

/** `neither`: more of it is not better, nor is less. */
export type Verdict = "better" | "worse" | "same" | "neither";

interface Measure {
  readonly name: Name;
  readonly kind: Kind;
  /** Which way is better: more of it, less of it, or neither. */
  readonly better: 1 | -1 | 0;
}

const MEASURES: readonly Measure[] = [
  { name: "fill_rate", kind: "share", better: 1 },
  { name: "lost_minor", kind: "money", better: -1 },
  { name: "waste_minor", kind: "money", better: -1 },
  { name: "waste_share", kind: "share", better: -1 },
  { name: "holding_minor", kind: "money", better: -1 },
  { name: "cost_minor", kind: "money", better: -1 },
  { name: "orders", kind: "count", better: 0 },
];

export interface Compared extends Measure {
  readonly before: number;
  readonly after: number;
  readonly difference: number;
  readonly verdict: Verdict;
}

export function compared({ as_it_is, changed }: WhatIf): readonly Compared[] {
  return MEASURES.map((measure) => {
    const [before, after] = [as_it_is[measure.name], changed[measure.name]];
    // Shares have four places; a difference of fractions has more, which are noise.
    const difference = measure.kind === "share" ? Math.round((after - before) * 10_000) / 10_000 : after - before;
    return { ...measure, before, after, difference, verdict: verdictOf(measure, difference) };
  });
}

function verdictOf({ better }: Measure, difference: number): Verdict {
  if (difference === 0) {
    return "same";
  }
  return better === 0 ? "neither" : Math.sign(difference) === better ? "better" : "worse";
}

/** Whether the store stood empty all the time: what is known before the first day was too little to order by. */
export function tellsNothing({ as_it_is }: WhatIf): boolean {
  return as_it_is.sold_minor === 0;
}

/** One part of the sentence that sums a trial up: which words, and by how much. */
export interface Clause {
  readonly key: Key;
  /** A share of what it was; `null` where it was nothing, so that only the amount says something. */
  readonly share: number | null;
  readonly amount: number;
  /** Of the share, else of the amount. */
  readonly kind: "percent" | "points" | "money";
}

export function clauses(result: WhatIf): readonly Clause[] {
  const rows = compared(result);
  const of = (name: Name) => rows.find((row) => row.name === name);
  const [cost, fill, waste] = [of("cost_minor"), of("fill_rate"), of("waste_minor")];
  if (cost === undefined || fill === undefined || waste === undefined) {
    return [];
  }
  return [
    clause(cost, ["sumCostLess", "sumCostSame", "sumCostMore"]),
    { ...clause(fill, ["sumFillLess", "sumFillSame", "sumFillMore"]), share: null, kind: "points" },
    clause(waste, ["sumWasteLess", "sumWasteSame", "sumWasteMore"]),
  ];
}

function clause({ before, difference }: Compared, [less, same, more]: readonly [Key, Key, Key]): Clause {
  const key = difference === 0 ? same : difference < 0 ? less : more;
  const amount = Math.abs(difference);
  return before === 0 ? { key, share: null, amount, kind: "money" } : { key, share: amount / Math.abs(before), amount, kind: "percent" };
}

/** A share with as many digits as it says something: a tenth of a percent where it is below ten. */
export function shareText(share: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: share < 0.001 ? 2 : share < 0.1 ? 1 : 0 }).format(share);
}

/** A difference of shares, in points of a hundred: a tenth of one, or a hundredth of what is less. */
export function pointsOf(share: number): number {
  const points = Math.abs(share) * 100;
  return points < 0.1 ? Math.round(points * 100) / 100 : Math.round(points * 10) / 10;
}
