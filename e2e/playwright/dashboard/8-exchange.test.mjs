/** A catalogue comes as a file, is planned, applied and looked at; and leaves as a file. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, LOW, shot, TELEPHONE } from "../lib/browser.mjs";
import { CLOUD_URL, enter, looksRight, screensOf } from "../lib/cloud.mjs";

const SCREENS = [["desktop", LOW], ["telephone", TELEPHONE]];
const WORDS = {
  en: { apply: "Apply", done: "Done", check: "Catalogue check", import: "Import", export: "Export", planned: "Planned", checkDigit: /wrong check digit/, price: /^The price `даром`/ },
  ru: { apply: "Применить", done: "Готово", check: "Проверка каталога", import: "Импорт", export: "Экспорт", planned: "План готов", checkDigit: /неверная контрольная цифра/, price: /^Цена «даром»/ },
};
/** What a shop's other system may write; each file brings products of its own. */
const sheet = (mark) =>
  [
    "Артикул;Наименование;Штрихкод;Категория;Цена;Ед. изм.;Налог",
    `${mark}-1;Чай зелёный ${mark} 100 г;;Чай;2,49;шт;vat7`,
    `${mark}-2;Кофе в зёрнах ${mark} весовой;;Кофе;19,90;шт;vat7`,
    `${mark}-3;Cахар ${mark};4006381333932;Бакалея;1,29;шт;vat7`,
    `${mark}-4;Какао ${mark};;Кофе;даром;шт;vat7`,
  ].join("\n");

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

/** Chooses a file on the page of imports, and waits until the cloud says what it would change. */
async function choose(page, name, text) {
  await page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
  await page.locator("[data-import-state=planned]").waitFor({ timeout: 60_000 });
}

describe("catalogues as files", () => {
  for (const language of ["en", "ru"]) {
    for (const theme of ["light", "dark"]) {
      for (const [name, viewport] of screensOf(SCREENS, language, theme)) {
        it(`a file is planned, ${language}, ${theme}, ${name}`, async () => {
          const words = WORDS[language];
          const { page, context, troubles } = await enter(browser, { language, theme, viewport, path: "/#/products" });
          await page.getByRole("button", { name: words.export }).click();
          await page.locator(".export-kinds").waitFor();
          await looksRight(page, "catalogue-files", `${name}-${language}-${theme}`);
          await page.getByRole("link", { name: words.import, exact: true }).click();
          await page.locator("input[type=file]").waitFor({ state: "attached" });
          await looksRight(page, "import", `${name}-${language}-${theme}`);
          await choose(page, "catalogue.csv", sheet(`${language}${theme}${name}`));
          await page.locator("[data-outcome=new]").first().waitFor();
          assert.equal(await page.locator("[data-outcome=left_out]").count(), 2);
          const why = (code) => page.locator(`[data-reason=${code}]`).innerText();
          assert.match(await why("gtin_check_digit"), words.checkDigit);
          assert.match(await why("price_wrong"), words.price);
          await page.locator("[data-finding=gtin_invalid]").waitFor();
          await looksRight(page, "import-plan", `${name}-${language}-${theme}`);
          assert.deepEqual(troubles(), []);
          await context.close();
        });
      }
    }
  }

  it("a plan is applied, changes nothing the second time, and the catalogue is checked", async () => {
    const { page, context, troubles } = await enter(browser, { language: "ru", viewport: SCREENS[0][1], path: "/#/products?show=import" });
    await choose(page, "новое.csv", sheet("новое"));
    await page.getByRole("button", { name: WORDS.ru.apply }).click();
    await shot(page, "import-sure-desktop-ru-light");
    await page.locator(".sure").getByRole("button", { name: WORDS.ru.apply }).click();
    await page.locator("[data-import-state=applied]").waitFor({ timeout: 60_000 });
    await looksRight(page, "import-done", "desktop-ru-light");
    await page.goto(`${CLOUD_URL}/#/products?show=import`);
    await page.locator("[data-import]").first().waitFor();
    await looksRight(page, "imports", "desktop-ru-light");
    await choose(page, "новое.csv", sheet("новое"));
    assert.equal(await page.locator("[data-outcome=new], [data-outcome=changed]").count(), 0);
    for (const [name, viewport] of SCREENS) {
      await page.setViewportSize(viewport);
      await page.goto(`${CLOUD_URL}/#/products?show=check`);
      await page.locator("[data-finding=unit_mistake]").first().waitFor();
      await looksRight(page, "catalogue-check", `${name}-ru-light`);
    }
    for (const kind of ["csv", "xlsx", "json", "commerceml"]) {
      const file = await page.request.get(`${CLOUD_URL}/api/v1/catalogue/export?format=${kind}`);
      assert.ok(file.ok() && (await file.body()).length > 100, kind);
    }
    assert.deepEqual(troubles(), []);
    await context.close();
  });
});
