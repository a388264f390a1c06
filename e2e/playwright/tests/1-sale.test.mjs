/** Whole sales through the page: a tray, a shopper's taps, a terminal. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { kept, LANDSCAPE, launch, open, shot, showsPhase } from "../lib/browser.mjs";
import { act, ANSWER_MS, buy, clean, fill, pieceProducts, state, take, terminalWill, until } from "../lib/till.mjs";

/** The words the tests tap on, by language. */
const WORDS = {
  en: { language: "English", review: "Review and pay", pay: /^Pay /, done: "Done", start: "Start", again: "Try again" },
  ru: { language: "Русский", review: "Проверить и оплатить", pay: /^Оплатить /, done: "Готово", start: "Начать", again: "Попробовать ещё раз" },
};

let browser;
let visit;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());
beforeEach(clean);
afterEach(async () => {
  const troubles = visit?.troubles() ?? [];
  await visit?.context.close();
  visit = undefined;
  await clean();
  assert.deepEqual(troubles, [], "nothing went wrong in the page");
});

const button = (page, name) => page.getByRole("button", { name, exact: typeof name === "string" });
const lineOf = (page, product) => page.locator(`.line[data-product="${product}"]`);

/** The page's own figures: the till's amounts in the page's words. */
async function total(page) {
  return (await page.locator(".total-amount").textContent()).trim();
}

async function payFromBasket(page, words) {
  await button(page, words.review).click();
  await showsPhase(page, "review");
  await button(page, words.pay).click();
}

for (const [language, viewport] of [
  ["en", undefined],
  ["ru", LANDSCAPE],
]) {
  it(`sells what is put on the tray, in ${language}`, async () => {
    const words = WORDS[language];
    visit = await open(browser, viewport === undefined ? {} : { viewport });
    const { page } = visit;
    await showsPhase(page, "idle");
    await button(page, words.language).click();
    const [product, second] = await pieceProducts(2);
    const bought = await buy(product);
    await buy(second);
    await showsPhase(page, "scanning");
    await lineOf(page, product.product).waitFor();
    assert.equal((await lineOf(page, product.product).locator(".line-name").textContent()).trim(), product.name[language]);
    await until("a basket that can be paid", (now) => now.pay_blocked_by === null);
    const shown = await total(page);
    await payFromBasket(page, words);
    await page.locator(".paying-amount", { hasText: shown }).waitFor();
    await showsPhase(page, "receipt");
    const { receipt } = await until("a receipt", (now) => now.phase === "receipt");
    await page.locator(`[data-sale="${receipt.sale}"]`).waitFor();
    assert.match(await page.locator(".paper-head h2").textContent(), new RegExp(`\\b${receipt.sequence}$`));
    assert.equal((await page.locator(".paper-total span").last().textContent()).trim(), shown);
    assert.equal(await page.locator(".paper .summary-line").count(), receipt.lines.length);
    assert.ok(bought.line.amount_minor > 0);
    await shot(page, `sale-receipt-${language}`);
    await button(page, words.done).click();
    await showsPhase(page, "idle");
  });
}

it("sells to who uses keys alone", async () => {
  visit = await open(browser);
  const { page } = visit;
  await fill(1);
  const press = async (name) => {
    for (let tab = 0; tab < 60; tab += 1) {
      await page.keyboard.press("Tab");
      const here = page.locator(":focus");
      if ((await here.count()) > 0 && name.test((await here.textContent()) ?? "")) {
        await page.keyboard.press("Enter");
        return;
      }
    }
    assert.fail(`no key leads to ${name}`);
  };
  await page.locator(".line").waitFor();
  await press(/^Review and pay$/);
  await showsPhase(page, "review");
  await press(/^Pay /);
  await showsPhase(page, "receipt");
  await press(/^Done$/);
  await showsPhase(page, "idle");
});

it("leaves nothing of a shopper behind", async () => {
  visit = await open(browser);
  const { page } = visit;
  await button(page, WORDS.ru.language).click();
  const [product] = await fill(1);
  await lineOf(page, product.product).waitFor();
  await payFromBasket(page, WORDS.ru);
  const { receipt } = await until("a receipt", (now) => now.phase === "receipt");
  await button(page, WORDS.ru.done).click();
  await showsPhase(page, "idle");
  await page.waitForFunction(
    ({ sale, number }) => !document.documentElement.outerHTML.includes(sale) && !document.body.innerText.includes(` ${number}`),
    { sale: receipt.sale, number: receipt.sequence },
    { timeout: 1_000 },
  );
  assert.equal(await page.locator(".line, .summary-line, .paper, .question").count(), 0);
  assert.equal(await page.evaluate(() => document.documentElement.lang), (await state()).till.default_language);
  assert.deepEqual(await kept(page), {
    local: [],
    session: [],
    cookies: "",
    databases: [],
    caches: [],
    history: null,
    address: "",
  });
});

it("says that a payment was declined, and takes it the second time", async () => {
  visit = await open(browser);
  const { page } = visit;
  await fill(1);
  await terminalWill("decline");
  await payFromBasket(page, WORDS.en);
  await page.locator('[data-payment="declined"], [data-reason="declined_by_issuer"]').waitFor();
  await page.getByRole("heading", { name: "The payment was declined" }).waitFor();
  await shot(page, "declined");
  await button(page, WORDS.en.again).click();
  await showsPhase(page, "receipt");
});

it("leads back to the basket after a decline", async () => {
  visit = await open(browser);
  const { page } = visit;
  const [product] = await fill(1);
  await terminalWill("decline");
  await payFromBasket(page, WORDS.en);
  await page.locator('[data-payment="declined"]').waitFor();
  await button(page, "Back to the basket").click();
  await showsPhase(page, "review");
  await button(page, "Change something").click();
  await lineOf(page, product.product).waitFor();
});

it("asks the terminal what happened when its answer is lost, and charges once", async () => {
  visit = await open(browser);
  const { page } = visit;
  await fill(1);
  await terminalWill("lose_answer");
  await payFromBasket(page, WORDS.en);
  await page.locator('[data-payment="querying"]').waitFor({ timeout: ANSWER_MS });
  await page.getByText("You will not be charged twice.").waitFor();
  assert.equal(await button(page, "Cancel payment").count(), 0, "what is unknown cannot be cancelled");
  await shot(page, "querying");
  await showsPhase(page, "receipt");
});

it("lets a payment be cancelled", async () => {
  visit = await open(browser);
  const { page } = visit;
  await fill(1);
  await terminalWill("time_out");
  await payFromBasket(page, WORDS.en);
  await button(page, "Cancel payment").click();
  // What the terminal answers counts: it may have been faster than the tap.
  await page.locator('[data-payment="failed"], [data-payment="declined"], .receipt').first().waitFor({ timeout: ANSWER_MS });
});

it("stays with the shopper who reloads in the middle of a basket", async () => {
  visit = await open(browser);
  const { page } = visit;
  const [product] = await fill(1);
  await lineOf(page, product.product).waitFor();
  const shown = await total(page);
  await page.reload();
  await lineOf(page, product.product).waitFor();
  assert.equal(await total(page), shown);
});

describe("the simulated tray's drawer", () => {
  it("puts products down and takes them away", async () => {
    visit = await open(browser);
    const { page } = visit;
    const [product] = await pieceProducts(1);
    await button(page, "Open the simulated tray").click();
    await page.locator(".demo-filter input").fill(product.name.en);
    await page.locator(`.demo-product[data-product="${product.product}"]`).click();
    await page.locator(".demo-item").waitFor();
    const seen = await until("the item to be seen", (now) => now.tray.items.length > 0 && now);
    if (seen.questions.length > 0) {
      await act({ action: "choose", question: seen.questions[0].question, product: product.product });
    }
    await page.locator(".line").first().waitFor();
    await page.locator(".demo-item").click();
    await page.locator(".line").first().waitFor({ state: "detached" });
  });
});

it("shows an item within a second of its being seen, and takes it off when it is gone", async () => {
  visit = await open(browser);
  const { page } = visit;
  const [product] = await pieceProducts(1);
  const { item, line } = await buy(product);
  await lineOf(page, product.product).waitFor({ timeout: 1_000 });
  await page.locator(`.label[data-track="${line.tracks[0]}"]`).waitFor();
  await page.waitForFunction(() => (document.querySelector(".tray-picture")?.naturalWidth ?? 0) > 0);
  await take(item);
  await lineOf(page, product.product).waitFor({ state: "detached" });
});
