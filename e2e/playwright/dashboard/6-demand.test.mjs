/** Forecasts and proposals: proposals that a real cloud makes, and a forecast of months of sales, which a test answers for. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, LANDSCAPE, launch, shot, TELEPHONE } from "../lib/browser.mjs";
import { CLOUD_URL, enter, looksRight, screensOf, send } from "../lib/cloud.mjs";

const SCREENS = [["desktop", LANDSCAPE], ["telephone", TELEPHONE]];
const LEVELS = [0.025, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95, 0.99];
const DAY_MS = 86_400_000;
const SHOP = "corner-shop";
/** How long a run of a small shop may take. */
const RUN_MS = 120_000;

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

/** Something that nobody on the page did. */
/** A run, and the proposals that follow from it. */
async function run(page) {
  const { id } = await send(page, "POST", "/api/v1/forecast-runs", {});
  const deadline = Date.now() + RUN_MS;
  const asked = async (path) => (await page.request.get(CLOUD_URL + path)).json();
  while ((await asked(`/api/v1/forecast-runs/${id}`)).state !== "done" || (await asked("/api/v1/proposals?state=open")).items.length === 0) {
    assert.ok(Date.now() < deadline, "the run did not end with proposals");
    await page.waitForTimeout(200);
  }
}

/** What the cloud made of the store: its categories add up to it, to the last cent. */
async function sumsAddUp(page) {
  const asked = async (by) => (await (await page.request.get(`${CLOUD_URL}/api/v1/stores/${SHOP}/forecast-totals?by=${by}`)).json()).items;
  const deadline = Date.now() + RUN_MS;
  while ((await asked("store")).length === 0) {
    assert.ok(Date.now() < deadline, "the store was not summed up");
    await page.waitForTimeout(200);
  }
  const [[whole], categories] = [await asked("store"), await asked("category")];
  assert.ok(categories.length > 0);
  whole.forecast.forEach(({ day, mean_minor }, index) => {
    const sum = categories.reduce((total, category) => total + category.forecast[index].mean_minor, 0);
    assert.equal(sum, mean_minor, day);
  });
}

/** Lemons over eight weeks and two to come, as the cloud would tell it. */
function lemons() {
  const today = Math.floor(Date.now() / DAY_MS);
  const day = (number) => new Date(number * DAY_MS).toISOString().slice(0, 10);
  const usual = (number) => 20 + 12 * Number((number + 3) % 7 === 5) + 3 * Math.sin(number);
  const days = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);
  const upTo = (number) => days(today, number + 1).reduce((sum, one) => sum + usual(one), 0);
  const around = (mean, width) => LEVELS.map((level) => Math.max(0, mean + (level - 0.5) * width));
  const brief = {
    product: "lemon",
    name: { en: "Lemon", ru: "Лимон" },
    unit: "piece",
    first_day: day(today),
    days: 14,
    method: "mix",
    week_mean: upTo(today + 6),
    week_high: upTo(today + 6) + 17,
    goodness: { mase: 0.78, seasonal_naive_mase: 1.02, is_better: true },
    history_days: 400,
    made_at_ms: Date.now() - 3_600_000,
  };
  const reasons = [
    [{ kind: "weekday", best: 5, worst: 0, factors: [0.82, 0.9, 0.93, 0.95, 1.01, 1.49, 0.9] }, "Most is sold on Saturdays (149 % of an average day), least on Mondays (82 %).", "Больше всего продаётся по субботам (149 % от среднего дня), меньше всего по понедельникам (82 %)."],
    [{ kind: "trend", share_per_week: 0.08 }, "It changes by +8 % a week.", "Меняется на +8 % в неделю."],
  ];
  return {
    brief,
    whole: {
      ...brief,
      store: SHOP,
      run: "01890000-0000-7000-8000-000000000000",
      levels: LEVELS,
      forecast: days(today, today + 14).map((number) => ({ day: day(number), mean: usual(number), quantiles: around(usual(number), 16), cumulative: around(upTo(number), 16 * Math.sqrt(number - today + 1)) })),
      history: days(today - 56, today).map((number) => ({ day: day(number), sold: Math.round(usual(number) + 4 * Math.sin(number * 7)) })),
      reasons: reasons.map(([reason, en, ru]) => ({ reason, text: { en, ru } })),
    },
  };
}

/** The store and its categories over the same weeks: half a store is fruit, a fifth of it has no category, and the rest is new. */
function totals() {
  const { whole: lemon } = lemons();
  const total = (by, category, part, method) => {
    const minor = (value) => Math.round(value * part * 4_321);
    const forecast = lemon.forecast.map(({ day, mean, quantiles }) => ({ day, mean_minor: minor(mean), low_minor: minor(quantiles[2]), high_minor: minor(quantiles[8]), own_mean_minor: method === "sum" ? null : minor(mean * 1.04) }));
    const ahead = (days) => ({ days, mean_minor: forecast.slice(0, days).reduce((sum, day) => sum + day.mean_minor, 0), high_minor: minor(lemon.forecast[days - 1].cumulative[8]) });
    return {
      by,
      category,
      products: 12,
      currency: "EUR",
      currency_exponent: 2,
      run: lemon.run,
      first_day: lemon.first_day,
      days: 14,
      method,
      week: ahead(7),
      fortnight: ahead(14),
      goodness: method === "sum" ? null : { mase: 0.83, seasonal_naive_mase: 1.04, is_better: true },
      history_days: 400,
      made_at_ms: lemon.made_at_ms,
      forecast,
      history: lemon.history.map(({ day, sold }) => ({ day, sold_minor: minor(sold) })),
      reasons: method === "sum" ? [] : lemon.reasons,
    };
  };
  return { store: [total("store", null, 1, "mix")], category: [total("category", null, 0.2, "ets"), total("category", "Fruit", 0.5, "seasonal_naive"), total("category", "News", 0.3, "sum")] };
}

async function withLemons(page) {
  const { brief, whole } = lemons();
  const sums = totals();
  const answer = (json) => (route) => route.fulfill({ json, headers: { date: new Date().toUTCString() } });
  await page.route((url) => url.pathname === `/api/v1/stores/${SHOP}/forecasts`, answer({ items: [brief] }));
  await page.route((url) => url.pathname === `/api/v1/stores/${SHOP}/forecasts/lemon`, answer(whole));
  await page.route(
    (url) => url.pathname === `/api/v1/stores/${SHOP}/forecast-totals`,
    (route) => answer({ items: sums[new URL(route.request().url()).searchParams.get("by") ?? "store"] })(route),
  );
}

for (const language of ["en", "ru"]) {
  for (const theme of ["light", "dark"]) {
    for (const [name, viewport] of screensOf(SCREENS, language, theme)) {
      it(`forecasts are accessible and fit, ${language}, ${theme}, ${name}`, async () => {
        const options = { language, theme, viewport, path: `/#/forecasts?store=${SHOP}`, before: withLemons };
        const { page, context, troubles } = await enter(browser, options);
        await page.locator("[data-product=lemon]").waitFor();
        await page.locator("[data-opened=store]").waitFor();
        assert.equal(await page.locator("[data-total]").count(), 4, "the store and three categories");
        await looksRight(page, "forecasts", `${name}-${language}-${theme}`);
        await page.getByRole("link", { name: "Fruit" }).click();
        await page.locator("[data-opened='of Fruit'] summary").click();
        assert.equal(await page.locator(".total-days tbody tr").count(), 14);
        assert.equal(await page.getByRole("img").count(), 1, "the picture says what is in it");
        await looksRight(page, "forecast-total", `${name}-${language}-${theme}`);
        await page.goBack();
        await page.locator("[data-opened=store]").waitFor();
        await page.getByRole("link", { name: language === "ru" ? "Лимон" : "Lemon" }).click();
        await page.locator("[data-forecast=lemon] .forecast-days").waitFor();
        assert.equal(await page.getByRole("img").count(), 1, "the picture says what is in it");
        assert.equal(await page.locator(".forecast-days tbody tr").count(), 14);
        await looksRight(page, "forecast", `${name}-${language}-${theme}`);
        assert.deepEqual(troubles(), []);
        await context.close();
      });
    }
  }
}

describe("proposals", () => {
  it("are made by the cloud, changed, rejected and accepted", async () => {
    const { page, context } = await enter(browser, { path: "/#/proposals" });
    await page.getByText("Nothing has to be ordered now").waitFor();
    await accessible(page, "no proposals");
    const supplier = await send(page, "POST", "/api/v1/suppliers", { name: "Fruit Wholesale", language: "en", currency: "EUR" });
    const offer = { article: "L-12", name: "Lemons, case", product: "lemon", pack: { content: 12, unit: "piece" }, packs_multiple: 2, pack_price: "3.60" };
    await send(page, "POST", `/api/v1/suppliers/${supplier.id}/offers`, { offers: [{ ...offer, valid_from: "2020-01-01" }] });
    await send(page, "PUT", `/api/v1/stores/${SHOP}/ordering/rules/lemon`, { stock_min: 500, stock_max: 600 });
    await run(page);
    await sumsAddUp(page);
    await page.reload();
    const packs = page.getByLabel("Packs of Lemons, case");
    await packs.waitFor();
    const proposed = Number(await packs.inputValue());
    assert.ok(proposed > 0 && proposed % 2 === 0, `${proposed}`);
    await packs.fill(String(proposed + 1));
    await page.getByText("in steps of 2").waitFor();
    await accessible(page, "packs that nobody sells");
    await packs.fill(String(proposed + 2));
    await page.getByText("with your changes").waitFor();
    await page.getByRole("button", { name: "Save the changes" }).click();
    await page.getByText("Somebody has changed it").waitFor();
    await page.getByRole("button", { name: "Reject" }).click();
    await page.getByLabel(/Why\?/).waitFor();
    await accessible(page, "asking why");
    await page.getByRole("button", { name: "Leave it" }).click();
    await page.getByRole("button", { name: "Accept" }).click();
    await page.getByText("It becomes a draft with 1 line").waitFor();
    await shot(page, "proposal-accepting-en");
    await page.getByRole("group").getByRole("button", { name: "Accept" }).click();
    await page.getByText("Nothing has to be ordered now").waitFor();
    await page.getByLabel("State").selectOption("accepted");
    await page.getByRole("link", { name: "It became an order" }).click();
    await page.locator("[data-order]").getByText("Fruit Wholesale").waitFor();
    await context.close();
  });

  for (const language of ["en", "ru"]) {
    for (const theme of ["light", "dark"]) {
      for (const [name, viewport] of screensOf(SCREENS, language, theme)) {
        it(`are accessible and fit, ${language}, ${theme}, ${name}`, async () => {
          const { page, context, troubles } = await enter(browser, { language, theme, viewport, path: "/#/proposals?state=accepted" });
          await page.locator("[data-proposal]").getByText("Fruit Wholesale").waitFor();
          await looksRight(page, "proposals", `${name}-${language}-${theme}`);
          assert.deepEqual(troubles(), []);
          await context.close();
        });
      }
    }
  }
});
