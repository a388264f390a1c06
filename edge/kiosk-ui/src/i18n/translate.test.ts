import { describe, expect, it } from "vitest";
import type { Plural } from "../../../../shared/pages/texts";
import type { Key } from "./language";
import { isKey, languageOr, languages, localized, offered, translate } from "./translate";

const english = languageOr("en");
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

describe.each([...languages.values()])("language $code", (language) => {
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

  it("has both texts of every notice the till can send", () => {
    const codes = [
      "camera_lost", "vision_stalled", "scale_lost", "storage_full", "storage_failed",
      "terminal_lost", "catalogue_empty", "cloud_offline", "model_missing", "light_wrong",
      "card_hidden", "staff_pin_missing", "journal_repaired",
    ];
    for (const code of codes) {
      expect(isKey(language, code) && isKey(language, `${code}Hint`), code).toBe(true);
    }
  });

  it("has a keyboard with each letter once", () => {
    const letters = language.keyboard.rows.join("");
    expect(new Set(letters).size).toBe(letters.length);
  });
});

describe("translating", () => {
  const russian = languageOr("ru");

  it.each([
    [1, "1 товар"],
    [2, "2 товара"],
    [5, "5 товаров"],
    [11, "11 товаров"],
    [21, "21 товар"],
    [22, "22 товара"],
  ])("counts %i in Russian", (count, text) => expect(translate(russian, "items", { count })).toBe(text));

  it("counts in English", () => {
    expect(translate(english, "items", { count: 1 })).toBe("1 item");
    expect(translate(english, "items", { count: 0 })).toBe("0 items");
  });

  it("leaves what a shopper typed as it was typed", () => {
    expect(translate(english, "searchNone", { query: "{count} $& <b>" })).toContain("{count} $& <b>");
  });

  it("offers the till's languages that the page has, in the till's order", () => {
    expect(offered(["ru", "xx", "en"]).map((language) => language.code)).toEqual(["ru", "en"]);
    expect(offered([]).map((language) => language.code)).toEqual(["en"]);
  });

  it("takes a product's name in the best language it has", () => {
    const name = { en: "Lime", ru: "Лайм" };
    expect(localized(name, "ru", "en")).toBe("Лайм");
    expect(localized(name, "de", "ru")).toBe("Лайм");
    expect(localized({ de: "Limette" }, "ru", "en")).toBe("Limette");
    expect(localized({}, "ru", "en")).toBe("");
  });
});
