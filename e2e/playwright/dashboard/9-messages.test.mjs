/** The way between the places, and what is said to people: their words, to all at once, and what became of it; files and backups. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, launch, LOW, shot, still, TELEPHONE } from "../lib/browser.mjs";
import { enter, fitsItsWidth } from "../lib/cloud.mjs";

/** As high as a row with a button in it, with what is around it. */
const ONE_ROW_PX = 80;
const NAMES = {
  en: { menu: "Menu: Orders", place: "Health", close: "Close", groups: ["Shop", "Buying", "Watching"] },
  ru: { menu: "Меню: Заказы", place: "Здоровье", close: "Закрыть", groups: ["Магазин", "Закупки", "Наблюдение"] },
};

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

describe("the way between places", () => {
  for (const language of ["en", "ru"]) {
    for (const theme of ["light", "dark"]) {
      it(`is one row and a drawer on a telephone, ${language}, ${theme}`, async () => {
        const names = NAMES[language];
        const { page, context, troubles } = await enter(browser, { language, theme, viewport: TELEPHONE, path: "/#/orders" });
        const menu = page.getByRole("button", { name: names.menu });
        await menu.waitFor();
        const { height } = await page.locator("header.bar").boundingBox();
        assert.ok(height <= ONE_ROW_PX, `the bar is ${height} px high`);
        await menu.focus();
        await page.keyboard.press("Enter");
        const drawer = page.getByRole("dialog");
        await drawer.waitFor();
        for (const group of names.groups) {
          await drawer.getByRole("heading", { name: group }).waitFor();
        }
        await still(page);
        await accessible(page, "the drawer");
        await fitsItsWidth(page, "the drawer");
        await shot(page, `drawer-${language}-${theme}`);
        assert.equal(await drawer.locator("[aria-current=page]").count(), 1);
        await page.keyboard.press("Escape");
        await drawer.waitFor({ state: "hidden" });
        assert.equal(await menu.evaluate((one) => one === document.activeElement), true, "Escape leads back to the button");
        await menu.click();
        await drawer.getByRole("link", { name: names.place }).click();
        await drawer.waitFor({ state: "hidden" });
        await page.getByRole("button", { name: names.place }).waitFor();
        assert.equal(await page.getByRole("heading", { level: 1, name: names.place }).count(), 1);
        assert.deepEqual(troubles(), []);
        await context.close();
      });
    }

    it(`shows the groups, and the places of one, where there is room, ${language}`, async () => {
      const { page, context } = await enter(browser, { language, viewport: LOW, path: "/#/orders" });
      const names = NAMES[language];
      await page.getByRole("navigation", { name: names.groups[1] }).getByRole("link").first().waitFor();
      assert.equal(await page.getByRole("button", { name: names.menu }).count(), 0);
      for (const group of names.groups) {
        await page.getByRole("link", { name: group, exact: true }).waitFor();
      }
      assert.equal(await page.locator("header.bar [aria-current=page]:visible").count(), 1);
      await still(page);
      await accessible(page, "the bar");
      await fitsItsWidth(page, "the bar");
      await page.getByRole("link", { name: names.groups[2], exact: true }).click();
      await page.getByRole("navigation", { name: names.groups[2] }).getByRole("link", { name: names.place }).click();
      await page.getByRole("heading", { level: 1, name: names.place }).waitFor();
      await context.close();
    });
  }
});
