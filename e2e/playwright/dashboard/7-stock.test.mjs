/** Stock: what there is, corrected and thrown away, counted while tills sell, and sent to another store. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, launch, LOW, shot, TELEPHONE } from "../lib/browser.mjs";
import { CLOUD_URL, enter, looksRight, screensOf, send } from "../lib/cloud.mjs";

const SCREENS = [["desktop", LOW], ["telephone", TELEPHONE]];
const SHOP = "corner-shop";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

/** Something that nobody on the page did. */
/** What there is of lemons in a store. */
async function lemons(page, store) {
  const answer = await page.request.get(`${CLOUD_URL}/api/v1/stores/${store}/stock?product=lemon&all=true`);
  return (await answer.json()).items[0];
}

describe("stock", () => {
  it("is corrected and thrown away, and the ledger says so", async () => {
    const { page, context, troubles } = await enter(browser, { path: `/#/stock?store=${SHOP}` });
    await page.getByLabel("Find").fill("lemon");
    await page.getByRole("link", { name: "Lemon", exact: true }).click();
    await page.locator("[data-stock=lemon]").waitFor();
    await page.getByRole("button", { name: "Correct" }).click();
    await page.getByLabel("Pieces").fill("x");
    await page.getByRole("button", { name: "Book" }).click();
    await page.getByText("Write a number, such as 12.").waitFor();
    await accessible(page, "a wrong number");
    await page.getByLabel("Pieces").fill("40");
    await page.getByLabel("Note").fill("counted by hand");
    await page.getByRole("button", { name: "Book" }).click();
    await page.getByText("Booked. 40 pcs are there now.").waitFor();
    await page.locator("[data-movement=correction]").getByText("counted by hand").waitFor();
    await page.getByRole("button", { name: "Waste" }).click();
    await page.getByLabel("Pieces").fill("4");
    await page.getByLabel("Why").selectOption("damaged");
    await shot(page, "stock-wasting-en");
    await page.getByRole("button", { name: "Book" }).click();
    await page.getByText("36 pcs are there now").waitFor();
    await page.locator("[data-movement=waste]").waitFor();
    await page.goto(`${CLOUD_URL}/#/stock?store=${SHOP}&view=waste`);
    await page.locator("[data-waste=damaged]").getByText("4 pcs").waitFor();
    assert.deepEqual(troubles(), []);
    await context.close();
  });

  it("is counted one product after the other, on a telephone", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: TELEPHONE, path: `/#/stock?store=${SHOP}&view=counts` });
    await page.getByText("Nothing is being counted").waitFor();
    await page.getByRole("button", { name: "Start a count" }).click();
    await page.getByLabel("What is counted").selectOption("Fruit");
    await page.getByLabel("Name (optional)").fill("May");
    await page.getByRole("button", { name: "Begin" }).click();
    const field = page.getByLabel("Pieces");
    await field.waitFor();
    assert.ok(await field.evaluate((input) => document.activeElement === input), "the number is written at once");
    await field.fill("33");
    await page.getByText("3 pcs missing").first().waitFor();
    await looksRight(page, "count-now", "telephone-en");
    await field.press("Enter");
    await page.locator("[data-line=lemon]").getByText("3 pcs missing").waitFor();
    await page.getByLabel("Product, number or barcode").fill("lemon");
    await page.getByRole("button", { name: "Add to it" }).waitFor();
    await page.getByLabel("Pieces").fill("1");
    await page.getByRole("button", { name: "Add to it" }).click();
    await page.locator("[data-line=lemon]").getByText("2 pcs missing").waitFor();
    // What is sold or brought while people count stays so.
    await send(page, "POST", `/api/v1/stores/${SHOP}/stock/waste`, { product: "lemon", quantity: 1, reason: "own_use" });
    await page.getByRole("button", { name: "Book and close" }).click();
    await page.getByText("Book what was counted?").waitFor();
    await accessible(page, "closing a count");
    await page.getByRole("group", { name: "Book what was counted?" }).getByRole("button", { name: "Book and close" }).click();
    await page.locator("[data-count=closed]").waitFor();
    assert.equal((await lemons(page, SHOP)).quantity, 33, "34 were counted, and one was taken since");
    await looksRight(page, "count-closed", "telephone-en");
    assert.deepEqual(troubles(), []);
    await context.close();
  });

  it("goes to another store, where something is missing", async () => {
    const { page, context, troubles } = await enter(browser, { path: `/#/stock/lemon?store=${SHOP}` });
    await page.getByRole("button", { name: "Send to another store" }).click();
    await page.getByLabel("Pieces").fill("10");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("It is on its way.").waitFor();
    const other = await page.evaluate(async (shop) => (await (await fetch("/api/v1/stores")).json()).items.find((one) => one.id !== shop).id, SHOP);
    assert.equal((await lemons(page, other)).in_transit, 10);
    await page.goto(`${CLOUD_URL}/#/stock?store=${other}&view=transfers`);
    const transfer = page.locator("[data-transfer=sent]");
    await transfer.getByLabel("Came: lemon").fill("9");
    await shot(page, "transfer-receiving-en");
    await transfer.getByRole("button", { name: "Receive" }).click();
    await page.locator("[data-transfer=received]").getByText("1 pcs missing").waitFor();
    await accessible(page, "something is missing");
    await page.getByRole("button", { name: "Lost" }).click();
    await page.locator("[data-transfer=received]").getByText("Lost").waitFor();
    assert.deepEqual([(await lemons(page, SHOP)).quantity, (await lemons(page, other)).quantity], [23, 9]);
    assert.deepEqual(troubles(), []);
    await context.close();
  });

  for (const language of ["en", "ru"]) {
    for (const theme of ["light", "dark"]) {
      for (const [name, viewport] of screensOf(SCREENS, language, theme)) {
        it(`is accessible and fits, ${language}, ${theme}, ${name}`, async () => {
          const how = `${name}-${language}-${theme}`;
          const { page, context, troubles } = await enter(browser, { language, theme, viewport, path: `/#/stock?store=${SHOP}` });
          await page.locator("[data-product=lemon]").waitFor();
          await looksRight(page, "stock", how);
          await page.goto(`${CLOUD_URL}/#/stock/lemon?store=${SHOP}`);
          await page.locator("[data-movement=waste]").first().waitFor();
          await looksRight(page, "stock-thing", how);
          await page.goto(`${CLOUD_URL}/#/stock?store=${SHOP}&view=counts`);
          await page.locator("[data-count]").first().waitFor();
          await looksRight(page, "counts", how);
          const count = await send(page, "POST", `/api/v1/stores/${SHOP}/stock/counts`, { products: ["lemon"] });
          await page.goto(`${CLOUD_URL}/#/stock?store=${SHOP}&count=${count.id}`);
          await page.locator(".count-line").waitFor();
          await looksRight(page, "count", how);
          await page.goto(`${CLOUD_URL}/#/stock?store=${SHOP}&view=transfers`);
          await page.locator("[data-transfer]").first().waitFor();
          await looksRight(page, "transfers", how);
          await page.goto(`${CLOUD_URL}/#/stock?store=${SHOP}&view=waste`);
          await page.locator("[data-waste]").first().waitFor();
          await looksRight(page, "waste", how);
          assert.deepEqual(troubles(), []);
          await context.close();
        });
      }
    }
  }
});
