/** What a shopper can do about the basket before paying. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, it } from "node:test";
import { launch, open, shot, showsPhase } from "../lib/browser.mjs";
import { buy, clean, fill, IDLE_MS, pieceProducts, products, state, until } from "../lib/till.mjs";

let browser;
let visit;
let page;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());
beforeEach(async () => {
  await clean();
  visit = await open(browser);
  page = visit.page;
});
afterEach(async () => {
  const troubles = visit.troubles();
  await visit.context.close();
  await clean();
  assert.deepEqual(troubles, [], "nothing went wrong in the page");
});

const button = (name) => page.getByRole("button", { name, exact: true });
const lineOf = (product) => page.locator(`.line[data-product="${product.product}"]`);
const amountOf = async (product) => (await lineOf(product).locator(".line-amount").textContent()).trim();
const inTill = (product) => (now) => now.basket.lines.find((line) => line.product === product.product);

/** Says that a line is something else, and waits for the page to ask what. */
async function reopen(product) {
  await lineOf(product).locator(".line-what").click();
  await page.locator(".reason .button").click();
  await page.locator(".question").waitFor();
  return until("the question", (now) => now.questions[0]);
}

it("explains in one tap why a line costs what it costs", async () => {
  const [product] = await fill(1);
  await lineOf(product).locator(".line-what").click();
  const sum = await page.locator(".reason-sum").textContent();
  assert.ok(sum.includes(await amountOf(product)), sum);
  assert.match(await page.locator(".reason-how").textContent(), /camera|chose|found/);
});

it("offers pictures with names and prices when asked again, and takes the one that is tapped", async () => {
  const [product] = await fill(1);
  const question = await reopen(product);
  const shown = page.locator(".candidates .product-card");
  assert.ok(question.candidates.length <= 3);
  assert.equal(await shown.count(), question.candidates.length);
  if (question.candidates.length === 0) {
    console.error("SKIPPED: choosing a candidate, because nothing else enrolled looks like it");
    return;
  }
  for (const [index, candidate] of question.candidates.entries()) {
    const card = shown.nth(index);
    assert.equal((await card.locator(".product-name").textContent()).trim(), candidate.name.en);
    assert.match(await card.locator(".product-price").textContent(), /\d/);
    await card.locator(".picture").waitFor();
  }
  await button("It is something else").waitFor();
  await button("I am not buying this").waitFor();
  await shot(page, "question");
  const chosen = question.candidates[0];
  await shown.first().click();
  await lineOf(chosen).waitFor();
  await page.locator(".question").waitFor({ state: "detached" });
  const line = await until("the line", inTill(chosen));
  assert.equal(line.identified_by, "candidate");
});

for (const language of ["en", "ru"]) {
  it(`finds a product by its name on the page's own keyboard, in ${language}`, async () => {
    if (language === "ru") {
      await button("Русский").click();
    }
    const [product, other] = await pieceProducts(2);
    await buy(product);
    await lineOf(product).waitFor();
    await reopen(product);
    const ways = page.locator(".question-ways .button");
    await ways.first().click();
    const letters = other.name[language].toLowerCase().match(/^[\p{L}]+/u)?.[0] ?? "";
    for (const letter of letters.slice(0, 6)) {
      await page.locator(".key", { hasText: new RegExp(`^${letter.toLocaleUpperCase(language)}$`, "u") }).click();
    }
    const found = page.locator(`.found .product-card[data-product="${other.product}"]`);
    await found.waitFor();
    await shot(page, `search-${language}`);
    await found.click();
    await lineOf(other).waitFor();
    const line = await until("the line", inTill(other));
    assert.match(line.identified_by, /search|candidate/);
  });
}

it("switches the keyboard's letters without switching the page's language", async () => {
  await button("Start").click();
  await button("Find by name").click();
  await page.getByRole("button", { name: /русские буквы/ }).click();
  await page.locator(".key", { hasText: /^Ж$/u }).click();
  assert.equal(await page.locator(".search-field input").inputValue(), "ж");
  await page.getByRole("heading", { name: "Add a product by name" }).waitFor();
  await button("Delete").click();
  assert.equal(await page.locator(".search-field input").inputValue(), "");
});

it("says so when nothing is called what was typed", async () => {
  await button("Start").click();
  await button("Find by name").click();
  await page.locator(".search-field input").pressSequentially("qqzzq");
  await page.getByText("Nothing is called “qqzzq”").waitFor();
  await button("Back").click();
  await page.locator(".tray").waitFor();
});

it("sells what is not on the tray, and puts it back after it was removed", async () => {
  await button("Start").click();
  const [product] = await pieceProducts(1);
  await button("Find by name").click();
  await page.locator(".search-field input").pressSequentially(product.name.en);
  await page.locator(`.found .product-card[data-product="${product.product}"]`).click();
  await lineOf(product).waitFor();
  await page.getByRole("button", { name: `One more ${product.name.en}` }).click();
  await until("two pieces", (now) => inTill(product)(now)?.quantity.pieces === 2);
  await page.getByRole("button", { name: `Remove ${product.name.en}` }).click();
  await page.locator(".line-removed").waitFor();
  await page.locator(".line-removed .button").click();
  await lineOf(product).waitFor();
  await until("two pieces again", (now) => inTill(product)(now)?.quantity.pieces === 2);
});

it("changes how many with two buttons", async () => {
  const [product] = await fill(1);
  await lineOf(product).waitFor();
  const once = await until("the line", inTill(product));
  const more = page.getByRole("button", { name: `One more ${product.name.en}` });
  await more.click();
  await more.click();
  const thrice = await until("three pieces", (now) => {
    const line = inTill(product)(now);
    return line?.quantity.pieces === 3 && line;
  });
  assert.equal(thrice.amount_minor, once.amount_minor * 3);
  await lineOf(product).locator(".stepper-count", { hasText: /^3$/ }).waitFor();
  await page.getByRole("button", { name: `One less ${product.name.en}` }).click();
  await lineOf(product).locator(".stepper-count", { hasText: /^2$/ }).waitFor();
});

it("removes a line and takes that back", async () => {
  const [product, other] = await fill(2);
  const line = await until("the line", inTill(product));
  await page.getByRole("button", { name: `Remove ${product.name.en}` }).click();
  await lineOf(product).waitFor({ state: "detached" });
  await page.locator(".line-removed", { hasText: product.name.en }).waitFor();
  await until("an ignored item", (now) => now.tray.items.some((one) => one.status === "ignored"));
  await shot(page, "removed");
  await page.getByRole("button", { name: `Undo: ${product.name.en}` }).click();
  await lineOf(product).waitFor();
  await lineOf(other).waitFor();
  const back = await until("the line again", inTill(product));
  assert.equal(back.amount_minor, line.amount_minor);
});

it("leaves an item that is not bought, and takes it back later", async () => {
  const [product] = await fill(1);
  await reopen(product);
  await button("I am not buying this").click();
  await page.locator(".ignored-row").waitFor();
  await until("an ignored item", (now) => now.tray.items.some((one) => one.status === "ignored"));
  await page.locator(".ignored-row .button").click();
  await page.locator(".ignored-row").waitFor({ state: "detached" });
  await page.locator(".question, .line").first().waitFor();
});

it("leads from an item on the tray to its line", async () => {
  const [product] = await fill(1);
  const line = await until("the line", inTill(product));
  await page.locator(`.label[data-track="${line.tracks[0]}"]`).click();
  await page.locator(`.line[data-line="${line.line}"][data-open]`).waitFor();
  await lineOf(product).locator(".line-what").click();
  const { tray } = await state();
  const { bounds } = tray.items.find((one) => one.track === line.tracks[0]);
  const view = await page.locator(".tray-view").boundingBox();
  // A corner of the box, where no label lies.
  const x = view.x + ((bounds.x + bounds.width * 0.06) / tray.frame_width) * view.width;
  const y = view.y + ((bounds.y + bounds.height * 0.4) / tray.frame_height) * view.height;
  await page.mouse.click(x, y);
  await page.locator(`.line[data-line="${line.line}"][data-open]`).waitFor();
});

it("keeps the basket when the language is switched, in one tap and back", async () => {
  const [product] = await fill(1);
  await lineOf(product).waitFor();
  const before = await state();
  await button("Русский").click();
  await page.locator(".line-name", { hasText: product.name.ru }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "ru");
  await button("English").click();
  await page.locator(".line-name", { hasText: product.name.en }).waitFor();
  const after = await state();
  assert.deepEqual(after.basket, before.basket);
});

it("calls staff from any screen, says so, and takes it back", async () => {
  await button("Call staff").click();
  await page.locator('[data-notice="staff_called"]').waitFor();
  await until("the call", (now) => now.staff_called);
  await button("No longer needed").click();
  await page.locator('[data-notice="staff_called"]').waitFor({ state: "detached" });
  await until("no call", (now) => !now.staff_called);
});

it("asks once more before everything is cancelled", async () => {
  await fill(1);
  await button("Cancel everything").click();
  await button("No, keep it").click();
  assert.equal((await state()).basket.lines.length, 1);
  await button("Cancel everything").click();
  await button("Yes, remove all").click();
  await showsPhase(page, "idle");
  assert.equal((await state()).basket.lines.length, 0);
});

it("warns before an abandoned basket is cleared, and gives more time", async () => {
  const [product] = await fill(1);
  await page.locator(".time-out").waitFor({ timeout: IDLE_MS });
  const { time_out } = await state();
  assert.ok(time_out !== null && time_out.ends_in_ms > 0);
  await page.getByText(/Your basket is cleared in \d+ seconds?\./).waitFor();
  await shot(page, "time-out");
  await button("I need more time").click();
  await page.locator(".time-out").waitFor({ state: "detached" });
  await lineOf(product).waitFor();
  assert.equal((await state()).time_out, null);
});

it("finds every product it sells by the first letters of its name", async () => {
  const all = await products("", "en", 50);
  for (const product of all.slice(0, 12)) {
    const found = await products(product.name.en.slice(0, 4), "en", 50);
    assert.ok(found.some((one) => one.product === product.product), product.name.en);
  }
});
