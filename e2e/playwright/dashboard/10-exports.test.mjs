/** Exports: asked for, waited for, fetched and compared with what the cloud says, planned, and taken away. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { accessible, LANDSCAPE, launch, LOW, TELEPHONE } from "../lib/browser.mjs";
import { CLOUD_URL, enter, looksRight, screensOf, standIn } from "../lib/cloud.mjs";

const SCREENS = [["desktop", LANDSCAPE], ["telephone", TELEPHONE]];
/** How long the cloud may take to make a file, and to notice that a plan's moment has come. */
const MADE_MS = 60_000;
const WORDS = {
  en: { make: "Make the export", planned: "Again and again", plan: "New plan", remove: "Remove", leave: "Leave it", sheet: "Google sheet" },
  ru: { make: "Выгрузить", planned: "По расписанию", plan: "Добавить в расписание", remove: "Удалить", leave: "Оставить как есть", sheet: "Google Таблица" },
};

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

async function get(page, path) {
  const answer = await page.request.get(CLOUD_URL + path);
  assert.ok(answer.ok(), `${path}: ${answer.status()}`);
  return answer.json();
}

/** Every sale of a store that the REST interface tells of, page by page. */
async function salesOf(page) {
  const { items: stores } = await get(page, "/api/v1/stores");
  const sales = new Map();
  for (const store of stores) {
    let next = "";
    do {
      const found = await get(page, `/api/v1/stores/${store.id}/sales?limit=500${next === "" ? "" : `&after=${encodeURIComponent(next)}`}`);
      found.items.forEach((sale) => sales.set(sale.id, sale));
      next = found.next ?? "";
    } while (next !== "");
  }
  return sales;
}

/** The rows of a file of values by the names of its columns. Nothing in sales is quoted. */
async function rowsOf(download) {
  const [head = "", ...lines] = (await readFile(await download.path(), "utf8")).replace(/^\uFEFF/, "").trim().split(/\r?\n/);
  const names = head.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((value, index) => [names[index], value])));
}

/** A decimal amount in whole minor units, exactly. */
function minorOf(amount, exponent) {
  const [whole = "0", fraction = ""] = amount.split(".");
  assert.equal(fraction.length, exponent, `${amount} has the digits of its currency`);
  return BigInt(whole + fraction);
}

const sum = (amounts) => amounts.reduce((all, one) => all + one, 0n);

/** Asks for what is chosen in the form; gives back the row of the list. */
async function make(page, words = WORDS.en) {
  const answer = page.waitForResponse((one) => one.url().endsWith("/api/v1/exports") && one.request().method() === "POST");
  await page.getByRole("button", { name: words.make, exact: true }).click();
  const { id } = await (await answer).json();
  const row = page.locator(`[data-export='${id}']`);
  await row.waitFor();
  return { id, row };
}

describe("an export", () => {
  it("is asked for, made, fetched, agrees with the REST interface, and goes when it is taken away", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: "/#/exports?dataset=sales" });
    await page.getByRole("radio", { name: "CSV" }).check();
    await page.getByRole("button", { name: "All days" }).click();
    const known = await salesOf(page);
    const { id, row } = await make(page);
    await page.locator("[data-made=ready]").waitFor({ timeout: MADE_MS });
    const fetched = page.waitForEvent("download");
    await page.locator("[data-made=ready]").getByRole("link").click();
    const download = await fetched;
    assert.equal(download.suggestedFilename(), "sales.csv");
    const rows = await rowsOf(download);
    const told = await salesOf(page);

    const exported = new Set(rows.map((one) => one.sale));
    assert.equal(exported.size, rows.length, "no sale is there twice");
    for (const sale of known.keys()) {
      assert.ok(exported.has(sale), `${sale} was known before and is missing`);
    }
    for (const one of rows) {
      const sale = told.get(one.sale);
      assert.ok(sale !== undefined, `${one.sale} is in the file alone`);
      assert.equal(minorOf(one.gross, sale.currency_exponent), BigInt(sale.gross_minor), one.sale);
    }
    await agreesWithSums(page, rows);

    await row.and(page.locator("[data-state=ready]")).waitFor();
    assert.equal((await row.locator("td").nth(3).locator(".cell-value").textContent()).replace(/\D/g, ""), String(rows.length));
    await row.getByRole("button", { name: "Remove: Sales" }).click();
    const sure = page.getByRole("group", { name: "Remove this export?" });
    await sure.getByRole("button", { name: WORDS.en.leave }).click();
    assert.ok(await row.getByRole("button", { name: "Remove: Sales" }).evaluate((button) => button === document.activeElement), "the focus is back where it was");
    await row.getByRole("button", { name: "Remove: Sales" }).click();
    await sure.getByRole("button", { name: WORDS.en.remove }).click();
    await row.waitFor({ state: "detached" });
    assert.equal((await page.request.get(`${CLOUD_URL}/api/v1/exports/${id}`)).status(), 404);
    assert.deepEqual(troubles(), []);
    await context.close();
  });

  /** Days that are over do not change any more: their sums are those of the cloud, store by store. */
  async function agreesWithSums(page, rows) {
    const { items: stores } = await get(page, "/api/v1/stores");
    const yesterday = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
    for (const store of stores) {
      const { items: sums } = await get(page, `/api/v1/stores/${store.id}/sales/sums?last_day=${yesterday}`);
      const over = rows.filter((one) => one.store === store.id && one.business_day <= yesterday);
      assert.equal(over.length, sums.reduce((all, one) => all + one.sales, 0), store.id);
      for (const part of ["net", "tax", "gross"]) {
        assert.equal(sum(over.map((one) => minorOf(one[part], store.currency_exponent))), sum(sums.map((one) => BigInt(one[`${part}_minor`]))), `${part} of ${store.id}`);
      }
    }
  }

  it("can be had with the keyboard alone", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: "/#/exports" });
    await page.getByRole("radio", { name: "Sales", exact: true }).focus();
    await page.keyboard.press("ArrowDown");
    assert.ok(await page.getByRole("radio", { name: "Lines of sales" }).isChecked());
    for (let pressed = 0; (await page.evaluate(() => document.activeElement?.textContent)) !== WORDS.en.make; pressed += 1) {
      assert.ok(pressed < 20, "the button comes");
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.locator("[data-made=ready]").waitFor({ timeout: MADE_MS });
    await page.locator("[data-export][data-dataset=sale_lines][data-state=ready]").first().waitFor();
    assert.deepEqual(troubles(), []);
    await context.close();
  });

  it("has the days that fit it, and none that go backwards", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: "/#/exports?dataset=stock" });
    assert.ok(await page.getByRole("radio", { name: "Stock", exact: true }).isChecked());
    assert.equal(await page.getByLabel("First day").count(), 0, "stock is as it is now");
    await page.getByRole("radio", { name: "Forecasts", exact: true }).check();
    const today = new Date().toISOString().slice(0, 10);
    assert.ok((await page.getByLabel("Last day").inputValue()) > today, "forecasts look ahead");
    await page.getByRole("radio", { name: "Sales", exact: true }).check();
    await page.getByRole("button", { name: "Last month" }).click();
    const first = await page.getByLabel("First day").inputValue();
    assert.match(first, /-01$/);
    await page.getByLabel("Last day").fill("2020-01-01");
    await page.getByText("The first day lies after the last one").waitFor();
    assert.equal(await page.getByRole("button", { name: WORDS.en.make }).getAttribute("aria-disabled"), "true");
    await accessible(page, "days that go backwards");
    assert.deepEqual(troubles(), []);
    await context.close();
  });

  it("is found in the list by what it is, and Back leads to all", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: "/#/exports?dataset=prices" });
    const { row } = await make(page);
    const filter = page.getByRole("combobox", { name: "What" });
    await filter.selectOption("prices");
    await page.waitForFunction(() => location.hash.includes("listed=prices"));
    await row.waitFor();
    assert.equal(await page.locator("[data-export]:not([data-dataset=prices])").count(), 0);
    assert.ok(await page.getByRole("radio", { name: "Prices" }).isChecked(), "what the form has stays");
    await filter.selectOption("audit");
    await page.getByText("There are none of these on this page").waitFor();
    await page.goBack();
    await row.waitFor();
    await page.goBack();
    await page.waitForFunction(() => !location.hash.includes("listed"));
    assert.deepEqual(troubles(), []);
    await context.close();
  });
});

/** What the cloud itself has asked for from a moment on, once it has. */
async function plannedSince(page, fromMs) {
  for (const until = Date.now() + MADE_MS; ; ) {
    const { items } = await get(page, "/api/v1/exports?limit=20");
    const found = items.find((one) => one.made_by === "system:exports" && one.made_at_ms >= fromMs);
    if (found !== undefined) {
      return found;
    }
    assert.ok(Date.now() < until, "the plan's moment has come, and nothing was made");
    await page.waitForTimeout(200);
  }
}

describe("what is exported again and again", () => {
  it("is planned, made by itself, and ends when its plan is removed", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: "/#/exports/plans" });
    await page.getByRole("button", { name: WORDS.en.plan }).click();
    await page.getByRole("radio", { name: "Lines of sales" }).check();
    await page.getByRole("radio", { name: "JSON" }).check();
    await page.getByLabel("Every how many days").fill("0");
    await page.getByRole("button", { name: "Make the plan" }).click();
    await page.getByText("Write whole days, from 1 to 366").first().waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-invalid")), "true", "the focus is on what is wrong");
    await page.getByLabel("Every how many days").fill("7");
    await page.getByLabel("Days in each").fill("2");
    const answer = page.waitForResponse((one) => one.url().endsWith("/api/v1/export-plans") && one.request().method() === "POST");
    await page.getByRole("button", { name: "Make the plan" }).click();
    const { id, next_at_ms } = await (await answer).json();
    const row = page.locator(`[data-plan='${id}']`);
    await row.getByText("Every 7 days").waitFor();
    await row.getByText("2 days before it").waitFor();
    const made = await plannedSince(page, next_at_ms);
    assert.deepEqual([made.dataset, made.format], ["sale_lines", "json"]);
    await row.getByText("Being asked for now").waitFor({ state: "detached" });
    await row.getByRole("button", { name: "Remove the plan: Lines of sales" }).click();
    await page.getByRole("group", { name: "Remove this plan?" }).getByRole("button", { name: WORDS.en.remove }).click();
    await row.waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Once" }).click();
    await page.locator(`[data-export='${made.id}']`).getByText("the cloud").waitFor();
    assert.deepEqual(troubles(), []);
    await context.close();
  });

  it("goes to a sheet whose address somebody pastes", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: "/#/exports/plans" });
    await page.getByRole("button", { name: WORDS.en.plan }).click();
    await page.getByRole("radio", { name: WORDS.en.sheet }).check();
    await page.getByText("Google service account").waitFor();
    await page.getByLabel("Spreadsheet").fill("not an address");
    await page.getByRole("button", { name: "Make the plan" }).click();
    await page.getByText("Paste the spreadsheet’s address, or its id").waitFor();
    await page.getByText("Write the name of a sheet in it").waitFor();
    await accessible(page, "a plan with mistakes");
    await page.getByLabel("Spreadsheet").fill("https://docs.google.com/spreadsheets/d/1AbC_d-9/edit#gid=0");
    await page.getByLabel("Sheet", { exact: true }).fill("May");
    const month = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 16);
    await page.getByLabel(/^First one/).fill(month);
    const answer = page.waitForResponse((one) => one.url().endsWith("/api/v1/export-plans") && one.request().method() === "POST");
    await page.getByRole("button", { name: "Make the plan" }).click();
    const plan = await (await answer).json();
    assert.deepEqual([plan.spreadsheet, plan.sheet], ["1AbC_d-9", "May"]);
    const row = page.locator(`[data-plan='${plan.id}']`);
    await row.getByRole("link", { name: WORDS.en.sheet }).waitFor();
    await row.getByRole("button", { name: /^Remove the plan/ }).click();
    await page.getByRole("group", { name: "Remove this plan?" }).getByRole("button", { name: WORDS.en.remove }).click();
    await row.waitFor({ state: "detached" });
    assert.deepEqual(troubles(), []);
    await context.close();
  });
});

describe("who may what", () => {
  const as = (role) => (page) => standIn(page, "/api/v1/session", (json) => ({ json: { ...json, grants: [{ role }] } }));
  const refused = { status: 403, json: { type: "about:blank", title: "forbidden", status: 403, code: "forbidden", detail: "no" } };

  it("a clerk is told that exports are not for them", async () => {
    const before = async (page) => {
      await as("clerk")(page);
      await page.route(/\/api\/v1\/export(s|-plans)(\?|$)/, (route) => route.fulfill(refused));
    };
    const { page, context } = await enter(browser, { viewport: LOW, path: "/#/exports", before });
    await page.getByText("Your role does not show exports").waitFor();
    assert.equal(await page.getByRole("radio").count(), 0);
    await accessible(page, "exports that are not shown");
    await page.getByRole("link", { name: WORDS.en.planned }).click();
    await page.getByText("Your role does not show exports").waitFor();
    assert.equal(await page.getByRole("button", { name: WORDS.en.plan }).count(), 0);
    await page.goto(`${CLOUD_URL}/#/stock`);
    await page.locator("[data-place=stock] .panel").first().waitFor();
    assert.equal(await page.getByRole("link", { name: /^Export: / }).count(), 0);
    await context.close();
  });

  it("an auditor asks for the audit log and takes nothing away; a manager is not offered it", async () => {
    const { page, context } = await enter(browser, { viewport: LOW, path: "/#/exports", before: as("auditor") });
    await page.locator("[data-export]").first().waitFor();
    await page.getByRole("radio", { name: "Audit log" }).check();
    assert.equal(await page.getByRole("combobox", { name: "Store" }).count(), 0, "the audit log is of no store");
    assert.equal(await page.getByRole("button", { name: /^Remove/ }).count(), 0);
    await page.getByRole("link", { name: WORDS.en.planned }).click();
    await page.getByRole("heading", { name: "What is made again and again" }).waitFor();
    assert.equal(await page.getByRole("button", { name: WORDS.en.plan }).count(), 0);
    await context.close();
    const manager = await enter(browser, { viewport: LOW, path: "/#/exports?dataset=audit", before: as("manager") });
    await manager.page.getByRole("radio", { name: "Prices" }).waitFor();
    assert.equal(await manager.page.getByRole("radio", { name: "Audit log" }).count(), 0);
    await manager.context.close();
  });

  it("what the cloud refuses is said in words", async () => {
    const detail = "`dataset` is none of these";
    const before = (page) =>
      page.route("**/api/v1/exports", (route) =>
        route.request().method() === "POST" ? route.fulfill({ status: 422, json: { type: "about:blank", title: "no", status: 422, code: "unprocessable", detail } }) : route.fallback(),
      );
    const { page, context } = await enter(browser, { viewport: LOW, path: "/#/exports?dataset=forecast_totals", before });
    await page.getByRole("button", { name: WORDS.en.make }).click();
    await page.getByRole("alert").getByText(detail).waitFor();
    await context.close();
  });
});

describe("the ways to it", () => {
  for (const [from, dataset, name] of [["/", "sales", "Sales"], ["/#/forecasts", "forecasts", "Forecasts"], ["/#/stock", "stock", "Stock"]]) {
    it(`lead from ${name}`, async () => {
      const { page, context } = await enter(browser, { viewport: LOW, path: from });
      await page.getByRole("link", { name: `Export: ${name}`, exact: true }).click();
      await page.waitForFunction((wanted) => location.hash.includes(`dataset=${wanted}`), dataset);
      assert.ok(await page.getByRole("radio", { name, exact: true }).isChecked());
      await context.close();
    });
  }
});

/** Exports as the cloud tells of them whose like cannot be had within a test: they are tried for an hour before they fail. */
function odd() {
  const now = Date.now();
  const one = { dataset: "stock_movements", format: "csv", rows: 0, size_bytes: 0, made_by: "system:exports", expires_at_ms: now + 6 * 86_400_000 };
  const problem = "there is no account for sheets: name its key in `sheets.credentials_file`";
  return [
    { ...one, id: "01890000-0000-7000-8000-000000000003", state: "waiting", made_at_ms: now - 120_000, first_day: "2026-11-01", last_day: "2026-11-07" },
    { ...one, id: "01890000-0000-7000-8000-000000000002", state: "failed", problem, spreadsheet: "1AbC_d-9", made_at_ms: now - 7_200_000 },
    { ...one, id: "01890000-0000-7000-8000-000000000001", state: "ready", rows: 1_234_567, spreadsheet: "1AbC_d-9", dataset: "sales", made_at_ms: now - 90_000_000 },
  ];
}

for (const language of ["en", "ru"]) {
  for (const theme of ["light", "dark"]) {
    for (const [name, viewport] of screensOf(SCREENS, language, theme)) {
      it(`exports are accessible and fit, ${language}, ${theme}, ${name}`, async () => {
        const words = WORDS[language];
        const how = `${name}-${language}-${theme}`;
        let shown = (real) => [...odd(), ...real.slice(0, 4)];
        const stand = (page) => standIn(page, "/api/v1/exports", (json) => ({ json: { items: shown(json.items) } }));
        const { page, context, troubles } = await enter(browser, { language, theme, viewport, path: "/#/exports", before: stand });
        await page.locator("[data-export][data-state=failed]").waitFor();
        await page.getByText(language === "ru" ? "нет сервисного аккаунта Google" : "no Google service account").waitFor();
        await looksRight(page, "exports", how);
        await page.getByRole("button", { name: new RegExp(`^${words.remove}`) }).first().click();
        await page.locator(".sure").waitFor();
        await looksRight(page, "exports-sure", how);
        shown = () => [];
        await page.goto(`${CLOUD_URL}/#/exports/plans`);
        await page.getByRole("button", { name: words.plan }).click();
        await page.getByRole("radio", { name: words.sheet }).check();
        await looksRight(page, "export-plan", how);
        await page.goto(`${CLOUD_URL}/#/exports?dataset=forecasts`);
        await page.locator("[data-place=exports] .empty").waitFor();
        await looksRight(page, "exports-empty", how);
        assert.deepEqual(troubles(), []);
        await context.close();
      });
    }
  }
}

it("a plan in Russian has the words and the forms of Russian", async () => {
  const { page, context, troubles } = await enter(browser, { language: "ru", viewport: LOW, path: "/#/exports/plans" });
  await page.getByRole("heading", { level: 1, name: "Выгрузки" }).waitFor();
  await page.getByRole("button", { name: WORDS.ru.plan }).click();
  await page.getByRole("radio", { name: "Прогнозы", exact: true }).check();
  await page.getByLabel("Раз в сколько дней").fill("3");
  await page.getByLabel("Дней в каждой").fill("21");
  await page.getByLabel(/^Первая/).fill(new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 16));
  await page.getByRole("button", { name: "Добавить", exact: true }).click();
  const row = page.locator("[data-plan][data-dataset=forecasts]");
  await row.getByText("Раз в 3 дня").waitFor();
  await row.getByText("на 21 день вперёд").waitFor();
  await looksRight(page, "export-plans", "desktop-ru-light");
  await row.getByRole("button", { name: "Удалить из расписания: Прогнозы" }).click();
  await page.getByRole("group", { name: "Удалить из расписания?" }).getByRole("button", { name: WORDS.ru.remove }).click();
  await row.waitFor({ state: "detached" });
  assert.deepEqual(troubles(), []);
  await context.close();
});
