import { describe, expect, it } from "vitest";
import { corners, itemAt, overlap, placeLabels, type Wanted } from "./tray-labels";

const picture = { width: 1000, height: 750 };
const item = (track: number, x: number, y: number, side = 200): Wanted => ({
  track,
  bounds: { x, y, width: side, height: side },
  width: 240,
  height: 56,
});

describe("placing labels", () => {
  it("keeps every label inside the picture", () => {
    const corner = [item(1, 0, 0), item(2, 900, 0, 100), item(3, 0, 650, 100), item(4, 900, 650, 100)];
    for (const label of placeLabels(corner, picture)) {
      expect(label.x).toBeGreaterThanOrEqual(0);
      expect(label.y).toBeGreaterThanOrEqual(0);
      expect(label.x + label.width).toBeLessThanOrEqual(picture.width);
      expect(label.y + label.height).toBeLessThanOrEqual(picture.height);
    }
  });

  it("moves a label off the one beside it", () => {
    const [first, second] = placeLabels([item(1, 100, 100), item(2, 260, 100)], picture);
    expect(first && second && overlap(first, second)).toBe(0);
  });

  it("gives every item a label, however crowded the tray", () => {
    const crowd = Array.from({ length: 20 }, (_, index) => item(index, 400, 300));
    expect(placeLabels(crowd, picture).map((label) => label.track)).toEqual(crowd.map((one) => one.track));
  });

  it("stays within a picture narrower than a label", () => {
    const [label] = placeLabels([item(1, 10, 10, 40)], { width: 100, height: 40 });
    expect(label).toMatchObject({ x: 0, y: 0 });
  });
});

describe("finding the item that was tapped", () => {
  const large = { bounds: { x: 0, y: 0, width: 100, height: 100 } };
  const small = { bounds: { x: 40, y: 40, width: 20, height: 20 } };

  it("takes the smaller of two that overlap", () => {
    expect(itemAt([large, small], 50, 50)).toBe(small);
    expect(itemAt([large, small], 10, 10)).toBe(large);
  });

  it("finds nothing beside them", () => expect(itemAt([large, small], 100, 50)).toBeNull());
});

it("draws four corners", () => {
  expect(corners({ x: 10, y: 20, width: 100, height: 50 }).match(/M/g)).toHaveLength(4);
});
