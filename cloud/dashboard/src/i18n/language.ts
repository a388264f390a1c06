/** What a language file holds. A language is one file in `languages/`, with its words of demand, of ordering, of messages, of stock, of catalogues as files and of exports in folders there: adding them is all there is to it. */

import type { Plural } from "../../../../shared/pages/texts";
import type en from "./languages/en";
import type { NoteWords } from "./notes";

type Source = (typeof en)["words"];

/** The key of a text. */
export type Key = keyof Source;

/** Every text of the page; counted ones have plural forms. */
export type Words = { readonly [K in Key]: Source[K] extends string ? string : Plural };

export interface Language {
  readonly code: string;
  /** Its name in itself. */
  readonly name: string;
  /** BCP 47 tag for numbers, money and dates. */
  readonly locale: string;
  readonly direction: "ltr" | "rtl";
  readonly words: Words;
  /** What there is to mind about files, in `languages/notes/`. */
  readonly notes: NoteWords;
}
