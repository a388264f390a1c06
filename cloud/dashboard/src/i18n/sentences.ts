/** What the cloud says of rows of a file, in the page's language: why one is left out, what is odd about it, what it changes. */

import type { Language } from "./language";
import { isKey, translate } from "./translate";

/** A sentence as the cloud says it. */
export interface Sentence {
  readonly en: string;
  readonly ru: string;
}

/** The sentence in this language; in English where the cloud does not have it. */
export function sentenceIn(language: Pick<Language, "code">, sentence: Sentence): string {
  return language.code === "ru" ? sentence.ru : sentence.en;
}

/** What a field of a product is called that a file changes; `name:ru` is the name in a language. */
export function changedText(language: Language, field: string): string {
  const [name = "", tag] = field.split(":");
  const key = `changed_${name}`;
  const called = isKey(language, key) ? translate(language, key) : name;
  return tag === undefined ? called : `${called} (${languageName(language, tag)})`;
}

function languageName(language: Language, tag: string): string {
  try {
    return new Intl.DisplayNames(language.locale, { type: "language" }).of(tag) ?? tag;
  } catch {
    // A file may name anything a language.
    return tag;
  }
}
