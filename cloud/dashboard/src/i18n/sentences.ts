/** Sentences that the cloud itself has in each language: what is odd about a product, why a row of a file is left out. */

import type { Language } from "./language";

/** A sentence as the cloud says it. */
export interface Sentence {
  readonly en: string;
  readonly ru: string;
}

/** The sentence in this language; in English where the cloud does not have it. */
export function sentenceIn(language: Pick<Language, "code">, sentence: Sentence): string {
  return language.code === "ru" ? sentence.ru : sentence.en;
}
