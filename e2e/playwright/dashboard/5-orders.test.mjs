/** The place where orders to suppliers are looked at, against a real cloud. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, LANDSCAPE, launch, TELEPHONE } from "../lib/browser.mjs";
import { CLOUD_URL, enter, looksRight, screensOf } from "../lib/cloud.mjs";

const SCREENS = [["desktop", LANDSCAPE], ["telephone", TELEPHONE]];

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

/** Something that nobody on the page did. */
async function post(page, path, data) {
  const session = await (await page.request.get(`${CLOUD_URL}/api/v1/session`)).json();
  const answer = await page.request.post(CLOUD_URL + path, { data, headers: { "x-csrf-token": session.csrf_token } });
  assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
  return answer.json();
}

describe("orders", () => {
  it("show when there is one, with its papers", async () => {
    const { page, context } = await enter(browser, { path: "/#/orders" });
    await page.getByText("Nothing has been ordered yet").waitFor();
    await accessible(page, "no orders");
    const { items: stores } = await (await page.request.get(`${CLOUD_URL}/api/v1/stores`)).json();
    const supplier = await post(page, "/api/v1/suppliers", { name: "Citrus Wholesale", language: "en", currency: "EUR" });
    await post(page, "/api/v1/purchase-orders", {
      supplier: supplier.id,
      store: stores[0].id,
      wanted_on: "2026-12-01",
      lines: [{ product: "lemon", name: "Lemon", packs: 4, pack: { content: 12, unit: "piece" }, pack_price: "3.60" }],
    });
    await page.reload();
    await page.locator("[data-order]").getByText("Citrus Wholesale").waitFor();
    await page.getByLabel("State").selectOption("closed");
    await page.getByText("No order is in this state").waitFor();
    await page.getByLabel("State").selectOption("draft");
    await page.getByRole("link", { name: "PO-000001" }).click();
    await page.locator("[data-line='1']").getByText("€14.40").waitFor();
    for (const name of ["PDF", "XLSX"]) {
      const path = await page.getByRole("link", { name }).getAttribute("href");
      const file = await page.request.get(CLOUD_URL + path);
      assert.ok(file.ok(), `${name}: ${file.status()}`);
    }
    await context.close();
  });

  for (const language of ["en", "ru"]) {
    for (const theme of ["light", "dark"]) {
      for (const [name, viewport] of screensOf(SCREENS, language, theme)) {
        it(`are accessible and fit, ${language}, ${theme}, ${name}`, async () => {
          const { page, context, troubles } = await enter(browser, { language, theme, viewport, path: "/#/orders" });
          await page.locator("[data-order]").first().waitFor();
          await looksRight(page, "orders", `${name}-${language}-${theme}`);
          await page.getByRole("link", { name: "PO-000001" }).click();
          await page.locator("[data-line='1']").waitFor();
          await looksRight(page, "order", `${name}-${language}-${theme}`);
          assert.deepEqual(troubles(), []);
          await context.close();
        });
      }
    }
  }
});
