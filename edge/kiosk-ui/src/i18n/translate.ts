/** Looks texts up and fills them in. */

import { textOf, type Values } from "../../../../shared/pages/texts";
import type { Key, Language } from "./language";

const files = import.meta.glob<{ default: Language }>("./languages/*.ts", { eager: true });

/** Every language the page has, by code. */
export const languages: ReadonlyMap<string, Language> = new Map(
  Object.values(files).map((file) => [file.default.code, file.default]),
);

/** Those of the page's languages the till offers, in the till's order; never none. */
export function offered(codes: readonly string[]): readonly Language[] {
  const found = codes.map((code) => languages.get(code)).filter((language) => language !== undefined);
  return found.length > 0 ? found : [fallback()];
}

/** The language with this code, or the one the page was written in. */
export function languageOr(code: string | undefined): Language {
  return (code === undefined ? undefined : languages.get(code)) ?? fallback();
}

function fallback(): Language {
  const english = languages.get("en");
  if (english === undefined) {
    throw new Error("languages/en.ts is part of the page");
  }
  return english;
}

/** The text of `key`; `values.count` chooses the plural form of a counted text. */
export function translate(language: Language, key: Key, values: Values = {}): string {
  return textOf(language.words[key], values, language.locale);
}

/** A catalogue name in `code`, or in the best language it has. */
export function localized(name: Readonly<Record<string, string>>, code: string, otherwise: string): string {
  return name[code] ?? name[otherwise] ?? name["en"] ?? Object.values(name)[0] ?? "";
}

/** True when the page has a text with this key: notices come with codes of their own. */
export function isKey(language: Language, key: string): key is Key {
  return Object.hasOwn(language.words, key);
}
