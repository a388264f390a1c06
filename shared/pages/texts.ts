/** Fills texts in and chooses plural forms, in whatever language. Which texts there are is each page's own. */

/** One text for each plural category the language has (`Intl.PluralRules`); `other` always. */
export type Plural = { readonly [category in Intl.LDMLPluralRule]?: string } & { readonly other: string };

export type Values = Readonly<Record<string, string | number>>;

/** The text with its holes filled; `values.count` chooses the form of a counted one. */
export function textOf(words: string | Plural, values: Values, locale: string): string {
  if (typeof words === "string") {
    return fill(words, values, locale);
  }
  const count = typeof values.count === "number" ? values.count : 0;
  const category = new Intl.PluralRules(locale).select(count);
  return fill(words[category] ?? words.other, values, locale);
}

function fill(text: string, values: Values, locale: string): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name];
    if (value === undefined) {
      return hole;
    }
    return typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : value;
  });
}
