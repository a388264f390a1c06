/** How a store orders: its settings, what would be otherwise, rules of products, holidays. Each test leaves the shop as it was. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, launch, LOW } from "../lib/browser.mjs";
import { CLOUD_URL, enter, LOOKS, looksRight, send, standIn } from "../lib/cloud.mjs";

const SHOP = "corner-shop";
const ORDERING = `/api/v1/stores/${SHOP}/ordering`;
const WHAT_IF = "/api/v1/replenish/what-if";
/** Living through a month of a small shop twice, on a machine that has other things to do. */
const TRIED_MS = 60_000;
const WORDS = {
  en: {
    serviceA: "Service level of A goods, %",
    halfMore: "99.5",
    save: "Save the settings",
    saved: "Saved. The next proposals go by it.",
    wrong: "Write 50 to 99.9 %.",
    day: "Day",
    name: "Name",
    add: "Add",
    remove: "Remove City Day, 17 May 2027",
    putBack: "Put it back",
    takeOver: "Take over the holidays of 2031",
  },
  ru: {
    serviceA: "Уровень сервиса A, %",
    halfMore: "99,5",
    save: "Сохранить настройки",
    saved: "Сохранено. Следующие предложения будут по этим настройкам.",
    wrong: "Введите от 50 до 99,9 %.",
    day: "День",
    name: "Название",
    add: "Добавить",
    remove: "Убрать: City Day, 17 мая 2027 г.",
    putBack: "Вернуть как было",
    takeOver: "Взять праздники 2031 года",
  },
};

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

const read = async (page, path) => (await page.request.get(CLOUD_URL + path)).json();
const at = (params) => `/#/ordering?${new URLSearchParams({ store: SHOP, ...params })}`;

async function ruleOf(page, product) {
  const { items, next } = await read(page, `${ORDERING}/rules?limit=500`);
  assert.equal(next, undefined, "a small shop has fewer rules");
  return items.find((one) => one.product === product);
}

/** The settings as they were, whatever a test did to them. */
async function keepingSettings(page, then) {
  const settings = await read(page, ORDERING);
  try {
    await then(settings);
  } finally {
    await send(page, "PUT", ORDERING, settings);
  }
}

describe("a store's settings", () => {
  for (const language of ["en", "ru"]) {
    it(`are changed by the form, and what cannot be is said at its field, ${language}`, async () => {
      const words = WORDS[language];
      const { page, context, troubles } = await enter(browser, { language, viewport: LOW, path: at({}) });
      const field = page.locator("#ordering-policy ~ form").getByLabel(words.serviceA);
      await field.waitFor();
      await keepingSettings(page, async (settings) => {
        await field.fill("100");
        await page.keyboard.press("Enter");
        await page.locator("#policy-service_a-wrong").getByText(words.wrong).waitFor();
        assert.equal(await field.getAttribute("aria-invalid"), "true");
        assert.equal(await field.evaluate((one) => one === document.activeElement), true);
        await accessible(page, "settings that cannot be");
        assert.deepEqual(await read(page, ORDERING), settings, "nothing is saved that cannot be");
        await field.fill(words.halfMore);
        await page.getByRole("button", { name: words.save }).click();
        await page.getByText(words.saved).waitFor();
        assert.deepEqual(await read(page, ORDERING), { ...settings, service_a: 9_950 });
        await page.reload();
        await field.waitFor();
        assert.equal(await field.inputValue(), words.halfMore);
      });
      assert.deepEqual(troubles(), []);
      await context.close();
    });
  }

  it("are read only for who may not change them, and not there for who may not see them", async () => {
    const clerk = (page) => standIn(page, "/api/v1/session", (session) => ({ json: { ...session, grants: [{ role: "clerk" }] } }));
    const { page, context } = await enter(browser, { viewport: LOW, path: at({}), before: clerk });
    await page.locator("[data-field=service_a]").waitFor();
    await page.getByText("Your role does not change this.").waitFor();
    assert.equal(await page.locator("main form").count(), 0);
    await accessible(page, "settings of a clerk");
    const problem = { type: "about:blank", title: "Forbidden", status: 403, code: "forbidden", detail: "no" };
    await page.route(`**${ORDERING}`, (route) => route.fulfill({ status: 403, json: problem }));
    await page.reload();
    await page.getByText("Your role does not show how stores order.").waitFor();
    await context.close();
  });
});

const money = (minor) => new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" }).format(minor / 100);
const share = (value) => new Intl.NumberFormat("en-IE", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 2 }).format(value);

/** What stands in the table is what the cloud says, to the cent. */
async function showsFigures(page, said) {
  const figures = { fill_rate: share, lost_minor: money, waste_minor: money, waste_share: share, holding_minor: money, cost_minor: money, orders: String };
  for (const [name, shown] of Object.entries(figures)) {
    const cells = page.locator(`[data-measure=${name}] .cell-value`);
    assert.equal((await cells.nth(0).innerText()).trim(), shown(said.as_it_is[name]), name);
    assert.equal((await cells.nth(1).innerText()).trim(), shown(said.changed[name]), name);
  }
  const worse = said.changed.cost_minor > said.as_it_is.cost_minor;
  const cost = await page.locator("[data-measure=cost_minor] .cell-value").nth(2).innerText();
  assert.match(cost, worse ? /^\+€[\s\S]*worse$/ : /^−€[\s\S]*better$/);
  await page.locator(".trial-sum").getByText(worse ? / more, / : / less, /).waitFor();
}

describe("trying before choosing", () => {
  it("shows what the cloud says, keeps it in the address, and takes it over only by hand", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: at({}) });
    const trial = page.locator("[data-trial]");
    await trial.getByRole("button", { name: "Try" }).click();
    await trial.getByText("Change something first").waitFor();
    await trial.getByLabel("Service level of A goods, %").fill("90");
    await trial.getByLabel("Between orders, days").fill("7");
    await trial.getByLabel("Shelf life, days").fill("4");
    await trial.getByLabel("Days to live through").selectOption("28");
    await trial.getByRole("button", { name: "Try" }).click();
    await trial.getByRole("button", { name: "Stop" }).waitFor();
    await page.locator("[data-trial=done]").waitFor({ timeout: TRIED_MS });
    const said = await send(page, "POST", WHAT_IF, { store: SHOP, days: 28, service_a: 9_000, review_days: 7, shelf_life_days: 4 });
    await showsFigures(page, said);
    assert.match(await page.evaluate(() => location.hash), /days=28&service_a=9000&review_days=7&shelf_life_days=4/);
    await page.reload();
    await page.locator("[data-trial=done]").waitFor({ timeout: TRIED_MS });
    await showsFigures(page, said);
    await keepingSettings(page, async (settings) => {
      await page.getByRole("button", { name: "Take it over into the store's settings" }).click();
      await page.getByText("It counts once you save it.").waitFor();
      assert.equal(await page.locator("#policy-service_a").inputValue(), "90");
      assert.equal(await page.locator("#policy-review_days").inputValue(), "7");
      assert.deepEqual(await read(page, ORDERING), settings, "nothing is saved silently");
      await page.getByRole("button", { name: "Save the settings" }).click();
      await page.getByText("Saved. The next proposals go by it.").waitFor();
      assert.deepEqual(await read(page, ORDERING), { ...settings, service_a: 9_000, review_days: 7 });
      await page.locator("[data-trial=none]").waitFor();
    });
    assert.deepEqual(troubles(), []);
    await context.close();
  });

  it("says that too few days are known, that it is busy, and that a field is refused", async () => {
    const { page, context } = await enter(browser, { viewport: LOW, path: at({ days: "91", service_b: "9000" }) });
    await page.locator("[data-trial=done]").waitFor({ timeout: TRIED_MS });
    await page.locator("[data-trial] .banner-warning").getByText("Only the last 42 days could be lived through").waitFor();
    const busy = { type: "about:blank", title: "Busy", status: 503, code: "busy", detail: "busy" };
    await page.route(`**${WHAT_IF}`, (route) => route.fulfill({ status: 503, json: busy }), { times: 1 });
    await page.getByRole("button", { name: "Try" }).click();
    await page.getByText("Somebody tries something on this server right now.").waitFor();
    await page.getByRole("button", { name: "Try" }).click();
    await page.locator("[data-trial=done]").waitFor({ timeout: TRIED_MS });
    await page.goto(`${CLOUD_URL}${at({ days: "28", lead_days: "61" })}`);
    await page.locator("#trial-lead_days-wrong").getByText("write 0 to 60").waitFor({ timeout: TRIED_MS });
    await context.close();
  });
});

describe("rules of products", () => {
  it("are found, changed, put back and taken away, with the keyboard alone", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: at({ show: "rules" }) });
    const was = (await ruleOf(page, "beer")) ?? { product: "beer" };
    const status = page.getByRole("status");
    try {
      await page.locator("[data-rule]").first().waitFor();
      await page.getByLabel("Find a product to say something of it").fill("lager");
      await page.getByRole("button", { name: /Lager beer/ }).press("Enter");
      const editor = page.getByRole("group", { name: "How Lager beer is ordered" });
      await editor.getByLabel("Least stock, pcs").fill("24");
      await editor.getByLabel("Most stock, pcs").fill("12");
      await page.keyboard.press("Enter");
      await page.locator("#rule-stock_max-wrong").waitFor();
      assert.equal(await editor.getByLabel("Most stock, pcs").evaluate((one) => one === document.activeElement), true);
      await editor.getByLabel("Most stock, pcs").fill("120");
      await editor.getByLabel("Class").selectOption("a");
      await editor.getByLabel("Bought from").selectOption({ index: 1 });
      await editor.getByRole("button", { name: "Save the rule" }).press("Enter");
      await status.getByText("Saved: Lager beer.").waitFor();
      const { supplier, ...said } = await ruleOf(page, "beer");
      assert.equal(typeof supplier, "string");
      assert.deepEqual(said, { product: "beer", lead_days: null, review_days: null, class: "a", shelf_life_days: null, stock_min: 24, stock_max: 120 });
      await page.goto(`${CLOUD_URL}${at({ show: "rules", product: "beer" })}`);
      assert.equal(await editor.getByLabel("Least stock, pcs").inputValue(), "24");
      await editor.getByRole("button", { name: "Back to the store's settings" }).press("Enter");
      await status.getByText("Lager beer is ordered by the store's settings again.").waitFor();
      assert.equal((await ruleOf(page, "beer")).stock_min, null);
      await status.getByRole("button", { name: "Put it back" }).press("Enter");
      await status.getByText("Lager beer is ordered as before.").waitFor();
      assert.deepEqual(await ruleOf(page, "beer"), { ...said, supplier });
    } finally {
      const { product, ...before } = was;
      await send(page, "PUT", `${ORDERING}/rules/${product}`, before);
    }
    assert.deepEqual(troubles(), []);
    await context.close();
  });

  it("of what is weighed are in kilograms, and lie page after page", async () => {
    const { page, context } = await enter(browser, { language: "ru", viewport: LOW, path: at({ show: "rules" }) });
    const { product, ...before } = await ruleOf(page, "banana");
    try {
      await page.getByRole("link", { name: "Изменить правило: Бананы" }).click();
      const editor = page.getByRole("group", { name: "Как заказывается: Бананы" });
      await editor.getByLabel("Наименьший остаток, кг").fill("2,5");
      await page.keyboard.press("Enter");
      await page.locator("[data-rule=banana]").getByText("не меньше 2,5 кг").waitFor();
      assert.deepEqual(await ruleOf(page, "banana"), { product, ...before, stock_min: 2_500 });
      const link = page.getByRole("link", { name: "Изменить правило: Бананы" });
      await link.press("Enter");
      await editor.getByLabel("Поставщик").press("Escape");
      await editor.waitFor({ state: "detached" });
      assert.equal(await link.evaluate((one) => one === document.activeElement), true, "what was closed leads back");
      const first = await page.locator("[data-rule]").first().getAttribute("data-rule");
      await page.getByRole("link", { name: "Следующая страница" }).click();
      await page.locator(`[data-rule=${first}]`).waitFor({ state: "detached" });
      await page.goBack();
      await page.locator(`[data-rule=${first}]`).waitFor();
    } finally {
      await send(page, "PUT", `${ORDERING}/rules/banana`, before);
    }
    await context.close();
  });

  it("are led to from what follows from them", async () => {
    const { page, context } = await enter(browser, { viewport: LOW, path: "/#/proposals" });
    await page.getByRole("link", { name: "How this store orders" }).first().click();
    await page.locator(`[data-ordering=${SHOP}]`).waitFor();
    for (const place of [`/#/forecasts/banana?store=${SHOP}`, "/#/products/banana", `/#/stock/banana?store=${SHOP}`]) {
      await page.goto(CLOUD_URL + place);
      await page.getByRole("link", { name: "Ordering rule", exact: true }).click();
      await page.locator("[data-rule-open=banana]").waitFor();
    }
    await context.close();
  });
});

describe("holidays", () => {
  for (const language of ["en", "ru"]) {
    it(`are added, removed, put back and taken over from a country, ${language}`, async () => {
      const words = WORDS[language];
      const { page, context, troubles } = await enter(browser, { language, viewport: LOW, path: at({ show: "holidays", year: "2027" }) });
      const of = async (year) => (await read(page, `/api/v1/holidays?from=${year}-01-01&to=${year}-12-31`)).items;
      const [before2027, before2031] = [await of(2027), await of(2031)];
      try {
        await page.getByLabel(words.day, { exact: true }).fill("2027-05-17");
        await page.getByLabel(words.name, { exact: true }).fill("City Day");
        await page.getByRole("button", { name: words.add }).click();
        const row = page.locator("[data-holiday='2027-05-17']");
        await row.getByText("City Day").waitFor();
        assert.deepEqual((await of(2027)).find((one) => one.day === "2027-05-17"), { day: "2027-05-17", name: "City Day" });
        await row.getByRole("button", { name: words.remove }).click();
        await row.waitFor({ state: "detached" });
        await page.getByRole("button", { name: words.putBack }).click();
        await row.getByText("City Day").waitFor();
        await row.getByRole("button", { name: words.remove }).click();
        await row.waitFor({ state: "detached" });
        assert.deepEqual(await of(2027), before2027);
        await page.goto(`${CLOUD_URL}${at({ show: "holidays", year: "2031" })}`);
        await page.getByRole("button", { name: words.takeOver }).click();
        await page.locator("[data-holiday='2031-10-03']").getByText("Tag der Deutschen Einheit").waitFor();
        assert.equal(await page.locator("[data-holiday]").count(), 9);
      } finally {
        for (const { day } of [...(await of(2027)), ...(await of(2031))]) {
          if (![...before2027, ...before2031].some((one) => one.day === day)) {
            await send(page, "DELETE", `/api/v1/holidays/${day}`);
          }
        }
      }
      assert.deepEqual(troubles(), []);
      await context.close();
    });
  }
});

for (const [language, theme, name, viewport] of LOOKS) {
  it(`ordering rules are accessible and fit, ${language}, ${theme}, ${name}`, async () => {
    const how = `${name}-${language}-${theme}`;
    const { page, context, troubles } = await enter(browser, { language, theme, viewport, path: at({ days: "28", service_a: "9900", order_min_minor: "10000" }) });
    await page.locator("[data-trial=done] [data-measure=orders]").waitFor({ timeout: TRIED_MS });
    await looksRight(page, "ordering", how);
    await page.goto(`${CLOUD_URL}${at({ show: "rules", product: "banana" })}`);
    await page.locator("[data-rule-open=banana] #rule-lead_days").waitFor();
    await looksRight(page, "ordering-rules", how);
    await page.goto(`${CLOUD_URL}${at({ show: "holidays", year: "2033" })}`);
    await page.locator("[data-holidays='2033'] .empty").waitFor();
    await looksRight(page, "ordering-no-holidays", how);
    await send(page, "POST", "/api/v1/holidays/built-in", { country: "ru", year: 2033 });
    try {
      await page.reload();
      await page.locator("[data-holiday='2033-06-12']").waitFor();
      await looksRight(page, "ordering-holidays", how);
    } finally {
      for (const { day } of (await read(page, "/api/v1/holidays?from=2033-01-01&to=2033-12-31")).items) {
        await send(page, "DELETE", `/api/v1/holidays/${day}`);
      }
    }
    assert.deepEqual(troubles(), []);
    await context.close();
  });
}
