/** The place where products are found and changed, against a real cloud. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, LANDSCAPE, launch, shot, still, TELEPHONE } from "../lib/browser.mjs";
import { CLOUD_URL, enter, fitsItsWidth, PASSWORD, screensOf, signIn } from "../lib/cloud.mjs";

const SCREENS = [["desktop", LANDSCAPE], ["telephone", TELEPHONE]];
const LEMON = "[data-product=lemon]";
/** A picture of one pixel. */
const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4////fwAJ+wP9BUNFygAAAABJRU5ErkJggg==", "base64");

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

async function at(path, sign, options, look) {
  const visited = await enter(browser, { ...options, path: `/#/products${path}` });
  try {
    await visited.page.locator(sign).first().waitFor();
    await look(visited.page, visited);
  } finally {
    await visited.context.close();
  }
}

const lemon = async (page) => (await page.request.get(`${CLOUD_URL}/api/v1/products/lemon`)).json();

/** A change that nobody on the page made. */
async function change(page, method, path, body) {
  const session = await (await page.request.get(`${CLOUD_URL}/api/v1/session`)).json();
  const answer = await page.request.fetch(CLOUD_URL + path, { method, data: body, headers: { "x-csrf-token": session.csrf_token } });
  assert.ok(answer.ok(), `${method} ${path}: ${await answer.text()}`);
}

for (const language of ["en", "ru"]) {
  for (const theme of ["light", "dark"]) {
    for (const [name, viewport] of screensOf(SCREENS, language, theme)) {
      it(`are accessible and fit, ${language}, ${theme}, ${name}`, async () => {
        for (const [path, sign, what] of [["", LEMON, "products"], ["/lemon", ".price", "product"]]) {
          await at(path, sign, { language, theme, viewport }, async (page, { troubles }) => {
            await still(page);
            await accessible(page, what);
            await fitsItsWidth(page, what);
            await shot(page, `${what}-${name}-${language}-${theme}`);
            assert.deepEqual(troubles(), []);
          });
        }
      });
    }
  }
}

describe("products", () => {
  it("are found as somebody writes, and the address keeps what was written", async () => {
    await at("", LEMON, {}, async (page) => {
      const search = page.getByRole("searchbox");
      await search.fill("no such thing");
      await page.getByText("No product has “no such thing”").waitFor();
      await accessible(page, "nothing found");
      await shot(page, "products-nothing-en");
      await search.fill("LEM");
      await page.locator(LEMON).waitFor();
      await page.waitForURL(/search=LEM/);
      await page.reload();
      assert.equal(await page.getByRole("searchbox").inputValue(), "LEM");
      await page.getByLabel("Show").selectOption("yes");
      await page.locator(LEMON).waitFor({ state: "detached" });
    });
  });

  it("are added with a photo, and what is missing is named where it is", async () => {
    for (const [name, viewport] of SCREENS) {
      await at("", "[role=search]", { viewport }, async (page) => {
        await page.getByRole("button", { name: "Add a product" }).click();
        await page.keyboard.type(`Plum for the ${name}`);
        await page.keyboard.press("Enter");
        await page.getByRole("alert").getByText("Enter a category").waitFor();
        assert.equal(await page.getByLabel("Category").evaluate((one) => one === document.activeElement), true);
        await page.getByLabel("Category").fill("Fruit");
        await page.getByLabel("Price", { exact: true }).fill("3,2");
        await page.getByLabel("The price is for").selectOption("kg");
        await page.getByLabel("Tax code").selectOption("vat7");
        await page.getByLabel("Add photos").setInputFiles({ name: "plum.png", mimeType: "image/png", buffer: PIXEL });
        await page.getByText("1 photo chosen").waitFor();
        assert.equal(await page.locator("[aria-invalid]").count(), 0, "what was mended is forgiven");
        await still(page);
        await accessible(page, "a new product");
        await fitsItsWidth(page, "a new product");
        await shot(page, `products-new-${name}-en`);
        await page.getByRole("button", { name: "Add", exact: true }).click();
        await page.getByRole("heading", { name: `Plum for the ${name}` }).waitFor();
        await page.locator(".price").getByText("€3.20").waitFor();
        await page.locator(".price").getByText("a kilogram").waitFor();
        await page.getByRole("img", { name: "Photo 1" }).waitFor();
        await change(page, "DELETE", `/api/v1/products/${decodeURIComponent(page.url().split("/").at(-1))}`);
      });
    }
  });

  it("get another price, which the cloud then has, with keys alone", async () => {
    await at("/lemon", ".price", {}, async (page) => {
      const field = page.getByLabel("New price");
      await field.fill("cheap");
      await page.keyboard.press("Enter");
      await page.getByRole("status").getByText("Write a price such as").waitFor();
      assert.equal(await field.evaluate((one) => one === document.activeElement), true);
      await accessible(page, "a refused price");
      const { price_minor } = await lemon(page);
      const wanted = price_minor + 2;
      await field.fill(`0,${String(wanted).padStart(2, "0")}`);
      await page.keyboard.press("Enter");
      await page.getByText("Saved.").waitFor();
      await page.locator(".price").getByText(`€0.${String(wanted).padStart(2, "0")}`).waitFor();
      assert.equal((await lemon(page)).price_minor, wanted);
      await shot(page, "product-saved-en");
    });
  });

  it("are not changed over somebody else's head", async () => {
    await at("/lemon", ".price", {}, async (page) => {
      await change(page, "PATCH", "/api/v1/products/lemon", { price: "0.77" });
      await page.getByLabel("New price").fill("0.55");
      await page.keyboard.press("Enter");
      await page.getByText("Somebody changed it").waitFor();
      await page.locator(".price").getByText("€0.77").waitFor();
      assert.equal((await lemon(page)).price_minor, 77);
      await page.getByLabel("New price").fill("0.55");
      await page.keyboard.press("Enter");
      await page.locator(".price").getByText("€0.55").waitFor();
    });
  });

  it("are archived once somebody is sure, found there and taken back", async () => {
    await at("/lemon", ".price", { language: "ru" }, async (page) => {
      await page.getByRole("button", { name: "В архив" }).click();
      await page.getByText("Больше не продавать").waitFor();
      await still(page);
      await accessible(page, "archiving");
      await shot(page, "product-archive-ru");
      await page.getByRole("group").getByRole("button", { name: "В архив" }).click();
      await page.getByText("Товар в архиве").waitFor();
      await page.getByRole("link", { name: "Все товары" }).click();
      await page.getByText("Товаров пока нет").waitFor();
      await page.getByLabel("Показать").selectOption("yes");
      await page.getByRole("link", { name: "Lemon" }).click();
      await page.getByRole("button", { name: "Снова продавать" }).click();
      await page.getByText("Товар в архиве").waitFor({ state: "detached" });
      assert.equal((await lemon(page)).archived, false);
    });
  });

  it("get photos, and what is none is refused in words", async () => {
    await at("/lemon", ".price", {}, async (page) => {
      await page.getByText("No photos yet").waitFor();
      const input = page.getByLabel("Add photos");
      await input.setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("not a picture") });
      await page.getByRole("status").locator(".banner-error").waitFor();
      await input.setInputFiles({ name: "lemon.png", mimeType: "image/png", buffer: PIXEL });
      await page.getByText("1 photo added").waitFor();
      const picture = page.getByRole("img", { name: "Photo 1" });
      await picture.waitFor();
      await page.waitForFunction(() => document.querySelector(".photos img")?.naturalWidth === 1);
      await accessible(page, "photos");
      await shot(page, "product-photos-en");
      await input.setInputFiles({ name: "again.png", mimeType: "image/png", buffer: PIXEL });
      await page.getByText("were there already").waitFor();
    });
  });

  it("are listed a page at a time", async () => {
    const made = (id) => ({ id, sku: id, name: { en: id }, price: "1.00", price_minor: 100, currency: "EUR", unit: "kg", tax_code: "vat7", archived: false, created_at_ms: 0, updated_at_ms: 0 });
    const before = (page) =>
      page.route(/\/api\/v1\/products\?/, (route) => {
        const second = new URL(route.request().url()).searchParams.get("after") === "there";
        return route.fulfill({ json: second ? { items: [made("zucchini")] } : { items: [made("apple".repeat(20))], next: "there" } });
      });
    await at("", "[data-product]", { before, viewport: TELEPHONE }, async (page) => {
      await fitsItsWidth(page, "a long id");
      await page.getByRole("link", { name: "Next page" }).click();
      await page.locator("[data-product=zucchini]").getByText("a kilogram").waitFor();
      await page.getByRole("link", { name: "First page" }).click();
      await page.locator("[data-product=zucchini]").waitFor({ state: "detached" });
    });
  });

  it("say what is wrong when they cannot be read, and that there is no such one", async () => {
    const before = (page) => page.route(/\/api\/v1\/products\?/, (route) => route.abort());
    const { page, context } = await enter(browser, { before, path: "/#/products" });
    await page.getByText("The cloud does not answer").first().waitFor();
    await accessible(page, "no products");
    await context.close();
    await at("/no-such-thing", ".banner-warning", {}, async (there) => {
      await there.getByText("there is no product").waitFor();
    });
  });

  it("are where somebody was when their session has ended, once they signed in again", async () => {
    await at("/lemon", ".price", {}, async (page, { words }) => {
      await page.context().clearCookies();
      await page.getByText("Your session has ended").waitFor();
      await signIn(page, words, PASSWORD);
      await page.locator(".price").waitFor();
      assert.match(page.url(), /#\/products\/lemon$/);
    });
  });

  it("are reached with keys alone from the first page", async () => {
    const { page, context } = await enter(browser, {});
    await page.locator(".tills").first().waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "MAIN", "the skip link leads to the content");
    assert.equal(new URL(page.url()).hash, "");
    await page.getByRole("link", { name: "Products" }).focus();
    await page.keyboard.press("Enter");
    await page.locator(LEMON).waitFor();
    await page.getByRole("searchbox").focus();
    await page.keyboard.type("lemon");
    await page.waitForURL(/search=lemon/);
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    for (let tab = 0; tab < 12 && (await focused()) !== "Lemon"; tab += 1) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.locator(".price").waitFor();
    await context.close();
  });
});
