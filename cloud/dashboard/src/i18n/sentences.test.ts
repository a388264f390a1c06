import { expect, it } from "vitest";
import type { ImportRow } from "../api/types";
import { changedText, sentenceIn } from "./sentences";
import { languageFor } from "./translate";

const problem = {
  code: "number_taken",
  values: { field: "sku", number: "З-1", product: "other" },
  text: {
    en: "The article number `З-1` is that of `other`: give one of them another, and send the file again.",
    ru: "Артикул «З-1» уже у товара «other»: дайте одному из них другой и отправьте файл ещё раз.",
  },
} satisfies ImportRow["problem"];

it("a reason of the cloud is told in the language of the page", () => {
  expect(sentenceIn(languageFor(["ru"]), problem.text)).toMatch(/^Артикул/);
  expect(sentenceIn(languageFor(["en"]), problem.text)).toMatch(/^The article number/);
  expect(sentenceIn({ code: "de" }, problem.text)).toMatch(/^The article number/);
});

it("a field that a file changes is called what people call it", () => {
  const called = (code: string) => ["price", "name:ru", "name:x_y", "colour"].map((field) => changedText(languageFor([code]), field));
  expect(called("ru")).toEqual(["цена", "название (русский)", "название (x_y)", "colour"]);
  expect(called("en")).toEqual(["price", "name (Russian)", "name (x_y)", "colour"]);
});
