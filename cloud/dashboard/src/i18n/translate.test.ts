import { describe, expect, it } from "vitest";
import type { Plural } from "../../../../shared/pages/texts";
import { ORDER_STATES } from "../documents/orders";
import { DOCUMENT_KINDS, DOCUMENT_STATES } from "../documents/shown";
import type { Key } from "./language";
import { isKey, languageFor, languages, translate } from "./translate";

const english = languageFor(["en"]);
const keys = Object.keys(english.words) as Key[];

function forms(words: string | Plural): readonly string[] {
  return typeof words === "string" ? [words] : Object.values(words);
}

function holes(text: string): string {
  return [...text.matchAll(/\{(\w+)\}/g)]
    .map((match) => match[1])
    .sort()
    .join(" ");
}

describe.each(languages)("language $code", (language) => {
  it("has every text and no other, none of them empty", () => {
    expect(Object.keys(language.words).sort()).toEqual([...keys].sort());
    for (const key of keys) {
      for (const form of forms(language.words[key])) {
        expect(form.trim(), key).not.toBe("");
      }
    }
  });

  it("fills in the same values as English", () => {
    for (const key of keys) {
      const [expected] = forms(english.words[key]);
      for (const form of forms(language.words[key])) {
        expect(holes(form), key).toBe(holes(expected ?? ""));
      }
    }
  });

  it("has each plural form its rules ask for", () => {
    const categories = new Intl.PluralRules(language.locale).resolvedOptions().pluralCategories;
    for (const key of keys) {
      const words = language.words[key];
      if (typeof words !== "string") {
        expect(Object.keys(words).sort(), key).toEqual([...categories].sort());
      }
    }
  });

  it("has a word for every kind of change and every reason to set aside", () => {
    for (const kind of ["catalogue", "calibration", "views", "rollback"]) {
      expect(isKey(language, `kind_${kind}`), kind).toBe(true);
    }
    for (const reason of ["quarantined", "parked"]) {
      expect(isKey(language, `aside_${reason}`), reason).toBe(true);
    }
  });
});

describe.each(languages)("documents in $code", (language) => {
  it("have a word for what they are and how sure a unit is", () => {
    const of = (prefix: string, words: readonly string[]) => words.map((word) => `${prefix}_${word}`);
    const assumed = of("assumed", ["same_unit", "pack_of_line", "pack_of_product", "learnt", "contents", "one_each", "person"]);
    const learning = of("learning", ["waiting", "learnt", "refused", "nothing"]);
    for (const key of [...of("document", DOCUMENT_STATES), ...of("order", ORDER_STATES), ...of("kindOf", DOCUMENT_KINDS), ...assumed, ...learning]) {
      expect(isKey(language, key), key).toBe(true);
    }
  });
});

describe("choosing a language", () => {
  it.each([
    [["ru-RU", "en"], "ru"],
    [["de-DE", "ru"], "ru"],
    [[null, undefined, "EN-us"], "en"],
    [["de"], "en"],
    [[], "en"],
  ])("%j is %s", (tags, code) => expect(languageFor(tags).code).toBe(code));

  it("counts in Russian", () => {
    const russian = languageFor(["ru"]);
    const counted = [1, 2, 5, 11, 21].map((count) => translate(russian, "soldCount", { count }));
    expect(counted).toEqual(["1 продажа", "2 продажи", "5 продаж", "11 продаж", "21 продажа"]);
  });
});
