/** A shop that has been open for weeks, as its manager finds it in the morning: everything here comes from the real cloud. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch } from "../lib/browser.mjs";
import { CLOUD_URL, enter, LOOKS, looksRight } from "../lib/cloud.mjs";

const SHOP = "corner-shop";
/** How long the cloud may take to read a paper, or to propose orders. */
const DONE_MS = 60_000;

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

/** Each look at a page of the shop, once what it is about is there. */
function everyLook(what, path, sign, look) {
  for (const [language, theme, name, viewport] of LOOKS) {
    it(`${language}, ${theme}, ${name}`, async () => {
      const { page, context, troubles } = await enter(browser, { language, theme, viewport, path });
      await page.locator(sign).first().waitFor({ timeout: DONE_MS });
      await look?.(page);
      await looksRight(page, what, `${name}-${language}-${theme}`);
      assert.deepEqual(troubles(), []);
      await context.close();
    });
  }
}

describe("the fleet of a shop with a past", () => everyLook("past-fleet", "/", ".tills"));

describe("forecasts of all that it sells", () =>
  everyLook("past-forecasts", `/#/forecasts?store=${SHOP}`, "[data-total=store]", async (page) => {
    await page.locator("[data-product]").nth(39).waitFor({ timeout: DONE_MS });
  }));

describe("the forecast of one product", () =>
  everyLook("past-forecast", `/#/forecasts/banana?store=${SHOP}`, "[data-forecast=banana] .forecast-days", async (page) => {
    assert.equal(await page.getByRole("img").count(), 1);
  }));

describe("what to order", () =>
  everyLook("past-proposals", "/#/proposals", "[data-proposal]", async (page) => {
    assert.ok((await page.locator("[data-proposal]").count()) >= 1);
  }));

describe("papers that have come", () => everyLook("past-documents", "/#/documents", "[data-document]"));

describe("a paper that only people were meant to read", () => {
  let path;
  before(async () => {
    const { page, context } = await enter(browser, { path: "/" });
    const asked = async () => (await (await page.request.get(`${CLOUD_URL}/api/v1/documents?text=PG-`)).json()).items;
    const deadline = Date.now() + DONE_MS;
    let [found] = await asked();
    while (found === undefined || ["received", "reading"].includes(found.state)) {
      assert.ok(Date.now() < deadline, `it is not read: ${JSON.stringify(found)}`);
      await page.waitForTimeout(200);
      [found] = await asked();
    }
    assert.equal(found.supplier_name, "Packed Goods Trading", JSON.stringify(found));
    path = `/#/documents/${found.id}`;
    await context.close();
  });

  for (const [language, theme, name, viewport] of LOOKS) {
    it(`${language}, ${theme}, ${name}`, async () => {
      const { page, context, troubles } = await enter(browser, { language, theme, viewport, path });
      await page.locator("[data-line='5']").waitFor();
      await page.locator("[data-line='0']").getByText(language === "ru" ? "Точно" : "Sure").waitFor();
      await looksRight(page, "past-document", `${name}-${language}-${theme}`);
      assert.deepEqual(troubles(), []);
      await context.close();
    });
  }
});

describe("what is on its shelves", () => everyLook("past-stock", `/#/stock?store=${SHOP}`, "[data-product]"));
