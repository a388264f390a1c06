/** Sentences of what there is to mind about a file: the cloud says a code and values, each language makes a sentence of them. */

import { textOf } from "../../../../shared/pages/texts";
import type { Language } from "./language";
// Written by a test of `cloud-docs`, whose table it is.
import list from "./notes.json";

type List = typeof list;

export type NoteCode = keyof List["sentences"];

/** What a language has: a sentence for every code, with its values in braces, and a word for every value that is one of a few. */
export interface NoteWords {
  readonly sentences: { readonly [C in NoteCode]: string };
  readonly words: { readonly [N in keyof List["words"]]: { readonly [W in keyof List["words"][N]]: string } };
}

/** The English of the cloud itself, with the quotes of a page. */
export const english: NoteWords = {
  sentences: Object.fromEntries(Object.entries(list.sentences).map(([code, text]) => [code, text.replace(/`([^`]*)`/g, "“$1”")])) as NoteWords["sentences"],
  words: list.words,
};

type Kind = "amount" | "whole" | "text" | "word";

/** How each value is written. */
export const VALUE_KINDS: Readonly<Record<string, Kind>> = {
  basis: "amount",
  begins: "text",
  block: "text",
  bytes: "whole",
  column: "text",
  columns: "text",
  computed: "amount",
  content: "word",
  count: "whole",
  currency: "text",
  detail: "text",
  dpi: "whole",
  element: "text",
  encoding: "text",
  field: "word",
  file: "text",
  form: "text",
  gln: "text",
  gtin: "text",
  iban: "text",
  kinds: "text",
  layer: "text",
  limit: "whole",
  measure: "text",
  net: "amount",
  okei: "text",
  page: "whole",
  pages: "whole",
  party: "word",
  pixels: "whole",
  price: "amount",
  proposed: "text",
  quantity: "amount",
  rate: "amount",
  ratio: "whole",
  root: "text",
  row: "whole",
  said: "amount",
  schema: "text",
  sheet: "text",
  sheets: "text",
  shown: "text",
  sum: "word",
  tax: "amount",
  tax_id: "text",
  type_code: "text",
  unit: "text",
  virus: "text",
  wanted: "word",
};

/** What the cloud says of something to mind. */
export interface Note {
  readonly code: string;
  readonly values?: Readonly<Record<string, string>>;
  /** The cloud's own sentence, in English. */
  readonly text?: string;
}

/** The sentence in this language; nothing where it has none, or where values are missing: what was read long ago has none. */
export function noteText(language: Language, note: Note): string | null {
  if (!Object.hasOwn(language.notes.sentences, note.code)) {
    return null;
  }
  const sentence = language.notes.sentences[note.code as NoteCode];
  const values = note.values ?? {};
  if (holesOf(sentence).some((name) => values[name] === undefined)) {
    return null;
  }
  const shown = Object.entries(values).map(([name, value]) => [name, valueText(language, name, value)]);
  const text = textOf(sentence, Object.fromEntries(shown), language.locale);
  return `${text.charAt(0).toLocaleUpperCase(language.locale)}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
}

/** The names of a sentence's values. */
export function holesOf(sentence: string): readonly string[] {
  return [...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
}

function valueText(language: Language, name: string, value: string): string {
  switch (VALUE_KINDS[name]) {
    case "word": {
      const words: Readonly<Record<string, string>> = language.notes.words[name as keyof NoteWords["words"]];
      return words[value] ?? value;
    }
    case "amount":
    case "whole":
      return numberText(language, value);
    default:
      return value;
  }
}

/** A number as the language writes it, with the digits that it came with. */
function numberText(language: Language, value: string): string {
  const found = /^-?\d+(?:\.(\d+))?$/.exec(value);
  if (found === null) {
    return value;
  }
  const digits = Math.min(found[1]?.length ?? 0, 20);
  const format = new Intl.NumberFormat(language.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return format.format(value as `${number}`);
}
