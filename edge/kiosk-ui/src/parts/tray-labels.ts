/** Where the names go on the picture of the tray: at their items, inside the picture, and off one another. */

import type { Bounds } from "../api/types";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Wanted extends Size {
  readonly track: number;
  readonly bounds: Bounds;
}

export interface Placed extends Bounds {
  readonly track: number;
}

/** How much worse it is to hide a name than to hide as much of an item. */
const NAME_OVER_ITEM = 6;

/**
 * Places one label for each item, all in the same unit: of the spots at the item's edges the one that hides least of
 * the names already placed and of what lies on the tray; the first of equals.
 */
export function placeLabels(wanted: readonly Wanted[], picture: Size): readonly Placed[] {
  const placed: Placed[] = [];
  const hearts = wanted.map((label) => heart(label.bounds));
  for (const label of wanted) {
    let best: Placed | null = null;
    let least = Infinity;
    for (const spot of spots(label, picture)) {
      const cost =
        NAME_OVER_ITEM * placed.reduce((sum, other) => sum + overlap(spot, other), 0) +
        hearts.reduce((sum, other) => sum + overlap(spot, other), 0) +
        overlap(spot, heart(label.bounds));
      if (cost < least) {
        best = { ...spot, track: label.track };
        least = cost;
      }
    }
    if (best !== null) {
      placed.push(best);
    }
  }
  return placed;
}

/** The middle of an item, by which it is told from others. */
function heart({ x, y, width, height }: Bounds): Bounds {
  return { x: x + width * 0.2, y: y + height * 0.2, width: width * 0.6, height: height * 0.6 };
}

function spots(label: Wanted, picture: Size): readonly Bounds[] {
  const { bounds, width, height } = label;
  const middle = bounds.x + bounds.width / 2 - width / 2;
  const lefts = [middle, bounds.x, bounds.x + bounds.width - width];
  const tops = [
    bounds.y + bounds.height - height / 2,
    bounds.y - height / 2,
    bounds.y + bounds.height + 2,
    bounds.y - height - 2,
    bounds.y + bounds.height / 2 - height / 2,
  ];
  return tops.flatMap((top) =>
    lefts.map((left) => ({
      x: clamp(left, 0, picture.width - width),
      y: clamp(top, 0, picture.height - height),
      width,
      height,
    })),
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, Math.max(low, high)));
}

export function overlap(a: Bounds, b: Bounds): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** The smallest box around a point: the item that was meant when boxes overlap. */
export function itemAt<T extends { readonly bounds: Bounds }>(items: readonly T[], x: number, y: number): T | null {
  let found: T | null = null;
  for (const item of items) {
    const { bounds } = item;
    const inside = x >= bounds.x && x < bounds.x + bounds.width && y >= bounds.y && y < bounds.y + bounds.height;
    if (inside && (found === null || area(bounds) < area(found.bounds))) {
      found = item;
    }
  }
  return found;
}

function area(bounds: Bounds): number {
  return bounds.width * bounds.height;
}

/** The four corners of a box as one path: how the tray marks what it is sure of. */
export function corners({ x, y, width, height }: Bounds): string {
  const arm = Math.min(width, height) * 0.24;
  const round = arm * 0.45;
  const right = x + width;
  const bottom = y + height;
  return [
    `M${x} ${y + arm}V${y + round}Q${x} ${y} ${x + round} ${y}H${x + arm}`,
    `M${right - arm} ${y}H${right - round}Q${right} ${y} ${right} ${y + round}V${y + arm}`,
    `M${right} ${bottom - arm}V${bottom - round}Q${right} ${bottom} ${right - round} ${bottom}H${right - arm}`,
    `M${x + arm} ${bottom}H${x + round}Q${x} ${bottom} ${x} ${bottom - round}V${bottom - arm}`,
  ].join("");
}
