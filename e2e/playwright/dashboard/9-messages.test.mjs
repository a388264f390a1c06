/** The way between the places, and what is said to people: their words, to all at once, and what became of it; files and backups. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, launch, LOW, shot, still, TELEPHONE } from "../lib/browser.mjs";
import { CLOUD_URL, enter, fitsItsWidth, looksRight, screensOf, standIn } from "../lib/cloud.mjs";

/** As high as a row with a button in it, with what is around it. */
const ONE_ROW_PX = 80;
const NAMES = {
  en: { menu: "Menu: Orders", place: "Health", close: "Close", groups: ["Shop", "Buying", "Watching", "Organisation"] },
  ru: { menu: "Меню: Заказы", place: "Здоровье", close: "Закрыть", groups: ["Магазин", "Закупки", "Наблюдение", "Организация"] },
};

const SCREENS = [["desktop", LOW], ["telephone", TELEPHONE]];
/** How long a backup of a small shop may take, with what is waited for before it is begun. */
const BACKUP_MS = 60_000;

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

/** Something that nobody on the page did. */
async function send(page, method, path, data) {
  const session = await (await page.request.get(`${CLOUD_URL}/api/v1/session`)).json();
  const answer = await page.request.fetch(CLOUD_URL + path, { method, data, headers: { "x-csrf-token": session.csrf_token } });
  assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
  return answer;
}

describe("the words", () => {
  it("are tried while they are written, kept as versions, and taken back", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: "/#/messages" });
    await page.getByRole("link", { name: "Little is left, English: Built-in" }).click();
    await page.locator("[data-preview]").waitFor();
    const text = page.getByRole("textbox", { name: "Text", exact: true });
    await page.getByLabel("Subject").fill("Order ");
    await page.getByRole("button", { name: "product", exact: true }).click();
    assert.equal(await page.getByLabel("Subject").inputValue(), "Order {{ product }}");
    await page.locator("[data-preview]").getByText("Order Apples").waitFor();
    await text.fill("Look:\n{{ prodct }}");
    await page.getByText("Line 2 cannot be filled in").waitFor();
    assert.equal(await text.getAttribute("aria-invalid"), "true");
    assert.equal(await page.getByLabel("Subject").getAttribute("aria-invalid"), null, "what is wrong is said where it is");
    await accessible(page, "words that cannot be filled in");
    await shot(page, "words-wrong-en");
    assert.equal(await page.getByRole("button", { name: "Keep these words" }).getAttribute("aria-disabled"), "true", "what is wrong is not kept");
    await text.fill("{{ on_hand }} left");
    await page.locator("[data-preview]").getByText("4 left").waitFor();
    await page.getByRole("button", { name: "Keep these words" }).click();
    await page.locator("[data-version='1']").waitFor();
    await text.fill("Only {{ on_hand }} left");
    await page.locator("[data-preview]").getByText("Only 4 left").waitFor();
    await page.getByRole("button", { name: "Keep these words" }).click();
    await page.locator("[data-version='2']").waitFor();
    await page.getByRole("button", { name: "Go back to version 1" }).click();
    await page.locator("[data-version='3']").waitFor();
    assert.equal(await text.inputValue(), "{{ on_hand }} left");
    await page.getByRole("button", { name: "Back to the built-in words" }).click();
    await page.getByRole("group", { name: "Back to the built-in words?" }).getByRole("button", { name: "Back to the built-in words" }).click();
    await page.locator("[data-version='4']").getByText("Built-in").waitFor();
    await page.getByRole("link", { name: "All words" }).click();
    await page.getByRole("link", { name: "Little is left, English: Built-in" }).waitFor();
    // Templates that cannot be filled in are answers with status 422, and the browser writes each of those down.
    assert.deepEqual(troubles().filter((one) => !one.includes("status of 422")), []);
    await context.close();
  });
});

describe("telling people", () => {
  it("says whom it reaches, asks once more, and shows who got it", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: "/#/messages/broadcasts" });
    await page.getByLabel("Text", { exact: true }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Send" }).getAttribute("aria-disabled"), "true");
    await page.getByLabel("Subject").fill("Tomorrow");
    await page.getByLabel("Text", { exact: true }).fill("We close at noon.");
    const recipients = page.locator("[data-recipients]");
    await recipients.waitFor();
    const all = Number(await recipients.getAttribute("data-recipients"));
    assert.ok(all > 0, "somebody is there");
    await page.getByLabel("Auditors").check();
    await page.locator("[data-recipients='0']").waitFor();
    assert.equal(await page.getByRole("button", { name: "Send" }).getAttribute("aria-disabled"), "true", "nobody would get it");
    await page.getByLabel("People whom I choose").check();
    await page.getByRole("group", { name: "People", exact: true }).getByRole("checkbox").first().check();
    await page.locator("[data-recipients='1']").waitFor();
    await looksRight(page, "telling", "desktop-en");
    await page.getByRole("button", { name: "Send" }).click();
    const sure = page.getByRole("group", { name: "Send it to 1 person?" });
    await sure.getByRole("button", { name: "Leave it" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await sure.getByRole("button", { name: "Send" }).click();
    const told = page.locator("[data-broadcast]").first();
    await told.getByText("1 person by name").waitFor();
    await told.getByText("1 person did not get it yet").waitFor();
    await told.locator("[data-missed=unreached]").waitFor();
    await accessible(page, "what was told");
    const { items } = await (await page.request.get(`${CLOUD_URL}/api/v1/notices?event=broadcast`)).json();
    assert.equal(items[0].subject, "Tomorrow");
    await send(page, "PUT", "/api/v1/notices/read", { up_to: items[0].id });
    await told.getByText("did not get it yet").waitFor({ state: "detached" });
    assert.deepEqual(troubles(), []);
    await context.close();
  });
});

/** Messages as the cloud tells of them; nothing of this cloud's can be given up within a test. */
function deliveries() {
  const one = { person: "01890000-0000-7000-8000-000000000000", address: "01890000-0000-7000-8000-000000000001", channel: "email", attempts: 1, doubtful: false, made_at_ms: Date.now() - 60_000, run_after_ms: Date.now() - 60_000 };
  const problem = "the mail server did not take it: permanent error (550): 5.1.1 no such mailbox";
  return [
    { ...one, id: 3, event: "settled", notice: 7, state: "sent", settled_at_ms: Date.now() - 30_000 },
    { ...one, id: 2, event: "till_offline", notice: 7, state: "dead", attempts: 12, problem, settled_at_ms: Date.now() - 30_000 },
    { ...one, id: 1, event: "digest", state: "waiting", doubtful: true },
  ];
}

describe("what was sent", () => {
  it("is found by its state, and what was given up is sent again", async () => {
    const asked = [];
    const { page, context } = await enter(browser, {
      viewport: LOW,
      path: "/#/messages/deliveries",
      before: async (page) => {
        await standIn(page, "/api/v1/notice-deliveries", () => ({ json: { items: deliveries() } }));
        page.on("request", (request) => request.url().includes("notice-deliveries") && asked.push(request.url()));
        await page.route("**/notice-deliveries/2/revival", (route) => route.fulfill({ status: 204 }));
      },
    });
    const dead = page.locator("[data-delivery='2']");
    await dead.getByText("no such mailbox").waitFor();
    assert.equal(await page.getByRole("button", { name: /^Send again/ }).count(), 1, "only what was given up");
    await page.getByLabel("State").selectOption("dead");
    await page.getByLabel("Channel").selectOption("email");
    await page.waitForFunction(() => location.hash.includes("state=dead") && location.hash.includes("channel=email"));
    const revived = page.waitForRequest("**/notice-deliveries/2/revival");
    await dead.getByRole("button").click();
    assert.equal((await revived).method(), "POST");
    assert.ok(asked.some((url) => url.includes("state=dead") && url.includes("channel=email")), asked.join("\n"));
    await context.close();
  });

  it("is what the cloud says", async () => {
    const { page, context } = await enter(browser, { viewport: LOW, path: "/#/inbox" });
    await send(page, "POST", "/api/v1/notice-addresses", { channel: "webhook", address: `https://nowhere-${Date.now()}.tillsight.invalid/hook` });
    await page.goto(`${CLOUD_URL}/#/messages/deliveries?event=confirmation`);
    await page.locator("[data-delivery]").getByText("Code for an address").first().waitFor();
    await page.getByRole("combobox", { name: "What", exact: true }).selectOption("till_offline");
    await page.getByText("Nothing was sent like that").waitFor();
    await context.close();
  });
});

describe("files and backups", () => {
  it("are listed with when they go, and a backup is made when an owner asks", async () => {
    const { page, context, troubles } = await enter(browser, { viewport: LOW, path: "/#/files" });
    await page.locator("tr[data-kind=camera_crop]").getByText(/^72 hrs? at most/).waitFor();
    await page.locator("tr[data-kind=page_picture]").getByText("72 hours").waitFor();
    const before = await page.locator("[data-backup]").count();
    await page.getByRole("button", { name: "Make one now" }).click();
    await page.getByText("It is being made and proven").waitFor();
    await page.locator("[data-backup][data-verified=true]").nth(before).waitFor({ timeout: BACKUP_MS });
    await page.getByText("Last good one").waitFor();
    await page.getByLabel("Kind").selectOption("photo");
    await page.waitForFunction(() => location.hash.includes("kind=photo"));
    assert.deepEqual(troubles(), []);
    await context.close();
  });
});

for (const language of ["en", "ru"]) {
  for (const theme of ["light", "dark"]) {
    for (const [name, viewport] of screensOf(SCREENS, language, theme)) {
      it(`messages and files are accessible and fit, ${language}, ${theme}, ${name}`, async () => {
        const stand = (page) => standIn(page, "/api/v1/notice-deliveries", () => ({ json: { items: deliveries() } }));
        const { page, context, troubles } = await enter(browser, { language, theme, viewport, path: "/#/messages", before: stand });
        const how = `${name}-${language}-${theme}`;
        await page.locator("[data-event=low_stock]").waitFor();
        await looksRight(page, "words", how);
        await page.goto(`${CLOUD_URL}/#/messages?event=low_stock&language=${language}`);
        await page.locator("[data-preview]").waitFor();
        await looksRight(page, "template", how);
        await page.goto(`${CLOUD_URL}/#/messages/broadcasts`);
        await page.locator("textarea").fill("!");
        await page.locator("[data-recipients]").waitFor();
        await looksRight(page, "broadcasts", how);
        await page.goto(`${CLOUD_URL}/#/messages/deliveries`);
        await page.locator("[data-delivery='2']").waitFor();
        await looksRight(page, "deliveries", how);
        await page.goto(`${CLOUD_URL}/#/files`);
        await page.locator("tr[data-kind=camera_crop]").waitFor();
        await looksRight(page, "files", how);
        assert.deepEqual(troubles(), []);
        await context.close();
      });
    }
  }
}
