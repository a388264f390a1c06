/** Looks texts up. */

import { textOf, type Values } from "../../../../shared/pages/texts";
import type { Key, Language } from "./language";

const files = import.meta.glob<{ default: Language }>("./languages/*.ts", { eager: true });

/** Every language the page has, in the order of their codes. */
export const languages: readonly Language[] = Object.values(files)
  .map((file) => file.default)
  .sort((a, b) => (a.code < b.code ? -1 : 1));

/** The first of these tags (`ru-RU`, `ru`) that the page has a language for, or the one it was written in. */
export function languageFor(tags: readonly (string | null | undefined)[]): Language {
  for (const tag of tags) {
    const code = tag?.toLowerCase().split("-")[0];
    const found = languages.find((language) => language.code === code);
    if (found !== undefined) {
      return found;
    }
  }
  const english = languages.find((language) => language.code === "en");
  if (english === undefined) {
    throw new Error("languages/en.ts is part of the page");
  }
  return english;
}

/** The text of `key`; `values.count` chooses the plural form of a counted text. */
export function translate(language: Language, key: Key, values: Values = {}): string {
  return textOf(language.words[key], values, language.locale);
}

/** True when the page has a text with this key: problems come with codes of their own. */
export function isKey(language: Language, key: string): key is Key {
  return Object.hasOwn(language.words, key);
}
