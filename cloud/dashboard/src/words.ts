/** A language as the parts of the page use it. */

import { formatMoney } from "../../../shared/pages/amounts";
import type { Failure } from "./api/calls";
import type { Language } from "./i18n/language";
import { isKey, translate } from "./i18n/translate";
import type { PageWords } from "./page";

/** What is waited for when the cloud does not say how long. */
const WAIT_S = 5;

export function wordsOf(language: Language): PageWords {
  return {
    language,
    t: (key, values) => translate(language, key, values),
    money: ({ minor, currency, exponent }) => formatMoney(minor, currency, exponent, language.locale),
    failure: (failure) => failureText(language, failure),
  };
}

export function failureText(language: Language, failure: Failure): string {
  if (failure.kind === "unreachable") {
    return translate(language, "problemUnreachable");
  }
  const { code, detail, retry_after_s } = failure.problem;
  const key = `problem_${code}`;
  return isKey(language, key) ? translate(language, key, { seconds: retry_after_s ?? WAIT_S }) : detail;
}
