import { describe, expect, it } from "vitest";
import list from "./notes.json";
import { holesOf, noteText, VALUE_KINDS } from "./notes";
import { languageFor, languages } from "./translate";

const sorted = (texts: Iterable<string>) => [...texts].sort();

it("every value has a way to be written, and none that nothing has", () => {
  const names = new Set(Object.values(list.sentences).flatMap(holesOf));
  expect(sorted(Object.keys(VALUE_KINDS))).toEqual(sorted(names));
  const words = Object.keys(VALUE_KINDS).filter((name) => VALUE_KINDS[name] === "word");
  expect(sorted(words)).toEqual(sorted(Object.keys(list.words)));
});

describe.each(languages)("notes in $code", (language) => {
  it("have a sentence for every code, with the same values", () => {
    expect(sorted(Object.keys(language.notes.sentences))).toEqual(sorted(Object.keys(list.sentences)));
    for (const [code, sentence] of Object.entries(language.notes.sentences)) {
      expect(sorted(holesOf(sentence)), code).toEqual(sorted(holesOf(list.sentences[code as keyof typeof list.sentences])));
    }
  });

  it("have every word", () => {
    for (const [name, words] of Object.entries(list.words)) {
      const own: Readonly<Record<string, string>> = language.notes.words[name as keyof typeof list.words];
      expect(sorted(Object.keys(own)), name).toEqual(sorted(Object.keys(words)));
    }
  });

  it("are whole sentences of every code and value", () => {
    for (const [code, sentence] of Object.entries(list.sentences)) {
      const values = Object.fromEntries(holesOf(sentence).map((name) => [name, VALUE_KINDS[name] === "word" ? (Object.keys(list.words[name as keyof typeof list.words])[0] ?? "") : "12.50"]));
      const text = noteText(language, { code, values });
      expect(text, code).not.toBeNull();
      expect(text, code).not.toMatch(/[{}`]/);
      expect(text, code).toMatch(/[.?!]$/);
    }
  });
});

describe("a note", () => {
  const russian = languageFor(["ru"]);

  it("is told in the language with its numbers", () => {
    const values = { sum: "net_and_tax", computed: "1119.5", said: "1120.00" };
    expect(noteText(russian, { code: "totals_differ", values })).toBe("Итог без налога вместе с налогом: получается 1\u00a0119,5, в документе указано 1\u00a0120,00.");
    expect(noteText(languageFor(["en"]), { code: "totals_differ", values })).toBe("The net total with tax makes 1,119.5, the document says 1,120.00.");
    expect(noteText(russian, { code: "lines_cut", values: { limit: "50000" } })).toContain("50\u00a0000");
  });

  it("of a reading before values had names is not told, but by the cloud's own text", () => {
    expect(noteText(russian, { code: "totals_differ", values: {}, text: "the lines make 1" })).toBeNull();
    expect(noteText(russian, { code: "toString" })).toBeNull();
    expect(noteText(russian, { code: "" })).toBeNull();
    expect(noteText(russian, { code: "nothing_found" })).toMatch(/^В нём/);
  });
});
