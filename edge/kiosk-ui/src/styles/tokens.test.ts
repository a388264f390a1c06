import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");

type Theme = "light" | "dark";
const THEMES: readonly Theme[] = ["light", "dark"];

/** The plain colours a rule block gives to custom properties, by name and theme. */
function colours(css: string): ReadonlyMap<string, Readonly<Record<Theme, string>>> {
  const found = new Map<string, Readonly<Record<Theme, string>>>();
  for (const [, name, light, dark, single] of css.matchAll(
    /--([a-z-]+): (?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));/g,
  )) {
    if (name !== undefined && !found.has(name)) {
      found.set(name, { light: light ?? single ?? "", dark: dark ?? single ?? "" });
    }
  }
  return found;
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const tokens = colours(read("../../../../shared/pages/tokens.css"));
const bannerOf = (tone: string) => colours(read("parts.css").split(`.banner-${tone} {`)[1]?.split("}")[0] ?? "");

function check(text: string, ground: string, least: number, from = tokens): void {
  for (const theme of THEMES) {
    const pair = [from.get(text)?.[theme], from.get(ground)?.[theme] ?? tokens.get(ground)?.[theme]] as const;
    expect(pair, `${text} on ${ground}`).not.toContain(undefined);
    expect(contrast(pair[0] ?? "", pair[1] ?? ""), `${text} on ${ground}, ${theme}`).toBeGreaterThanOrEqual(least);
  }
}

describe("contrast", () => {
  it.each([
    ["ink", "paper"], ["ink", "surface"], ["ink", "tile"], ["ink", "surface-pressed"], ["ink", "accent-soft"],
    ["ink-soft", "paper"], ["ink-soft", "surface"], ["ink-soft", "tile"],
    ["accent", "paper"], ["accent", "surface"], ["on-accent", "accent"], ["on-accent", "accent-pressed"],
    ["attention-ink", "attention"], ["danger", "danger-soft"], ["on-danger", "danger"],
    ["mark-dark", "mark-attention"], ["mark-dark", "mark-light"], ["mark-light", "mark-sure"],
  ])("of %s on %s is 7:1 for reading", (text, ground) => check(text, ground, 7));

  it.each([
    ["edge", "paper"], ["edge", "surface"], ["accent", "paper"], ["attention-edge", "attention"],
    ["danger-edge", "danger-soft"], ["deep-line", "deep"], ["focus", "paper"], ["focus", "surface"],
  ])("of %s on %s is 3:1 for telling controls apart", (edge, ground) => check(edge, ground, 3));

  it("holds on banners and on the first and last screen", () => {
    check("banner-ink", "banner", 7, bannerOf("info"));
    check("banner-ink", "banner", 7, bannerOf("error"));
    for (const theme of THEMES) {
      expect(contrast("#ffffff", tokens.get("deep")?.[theme] ?? "")).toBeGreaterThanOrEqual(7);
    }
  });
});
