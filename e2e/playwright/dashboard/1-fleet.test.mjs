/** The cloud's page against a real cloud into which tills sell: signing in, the fleet, and every state it can be in. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, LANDSCAPE, launch, LOW, shot, still, TELEPHONE } from "../lib/browser.mjs";
import { arrive, CLOUD_URL, enter, fitsItsWidth, PASSWORD, signIn, standIn, WORDS } from "../lib/cloud.mjs";

const LANGUAGES = ["en", "ru"];
const THEMES = ["light", "dark"];
const SCREENS = [["desktop", LANDSCAPE], ["telephone", TELEPHONE]];
const SHOP = "corner-shop";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

/** The fleet with everything on it that these tests look at. */
async function fleet(options, look) {
  const visited = await enter(browser, options);
  try {
    await visited.page.locator(`[data-store=${SHOP}] .tills`).waitFor();
    await visited.page.locator(".newest tbody tr").first().waitFor();
    await look(visited.page, visited);
  } finally {
    await visited.context.close();
  }
}

const row = (page, till) => page.locator(`[data-store=${SHOP}] [data-till=${till}]`);

/** Sees to what was set aside, which the cloud refuses first; it has no such entry, so a test answers for it. */
async function settleOne(page, odd) {
  const asked = [];
  await page.route("**/set-aside/12-ab", (route) => {
    asked.push(route.request());
    const problem = { code: "unprocessable", detail: "somebody was quicker", status: 422 };
    return asked.length === 1 ? route.fulfill({ status: 422, json: problem }) : route.fulfill({ status: 204 });
  });
  const button = odd.getByRole("button", { name: /till-1, 12/ });
  await button.click();
  await odd.getByRole("alert").getByText("somebody was quicker").waitFor();
  await button.click();
  await odd.locator('.button[aria-disabled="true"]').waitFor();
  assert.equal(asked[1].method(), "PUT");
  assert.ok(asked[1].headers()["x-csrf-token"], "a change carries what shows that the page is ours");
}

describe("signing in", () => {
  it("says what is wrong in words and lets in whoever is right, with keys alone", async () => {
    const { page, context, words, troubles } = await arrive(browser);
    await page.keyboard.type("nobody@demo.example");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("Enter your password").waitFor();
    await page.keyboard.type("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("is wrong").waitFor();
    assert.equal(await page.getByLabel(words.password).evaluate((one) => one === document.activeElement), true);
    await accessible(page, "a refused sign-in");
    await shot(page, "sign-in-refused-en");
    await signIn(page, words, PASSWORD);
    await page.locator(".tills").first().waitFor();
    // The refusal is an answer with status 401, and the browser writes each of those down.
    assert.deepEqual(troubles().filter((one) => !one.includes("status of 401")), []);
    await page.getByRole("button", { name: words.signOut }).click();
    await page.getByText("You have signed out").waitFor();
    await page.reload();
    await page.locator("form").waitFor();
    await context.close();
  });

  it("leads back to where somebody was when their session has ended", async () => {
    await fleet({}, async (page) => {
      await page.context().clearCookies();
      await page.getByText("Your session has ended").waitFor();
      assert.equal(await page.locator("form").count(), 1);
    });
  });

  it("stays when the page is loaded again, and keeps nothing but choices", async () => {
    await fleet({}, async (page) => {
      await page.reload();
      await page.locator(".tills").first().waitFor();
      const kept = await page.evaluate(() => Object.keys(localStorage).sort());
      assert.deepEqual(kept, ["tillsight.language", "tillsight.signed-in"]);
    });
  });
});

for (const language of LANGUAGES) {
  for (const theme of THEMES) {
    for (const [name, viewport] of SCREENS) {
      it(`is accessible and fits, ${language}, ${theme}, ${name}`, async () => {
        const entrance = await arrive(browser, { language, theme, viewport });
        await still(entrance.page);
        await accessible(entrance.page, "sign-in");
        await fitsItsWidth(entrance.page, "sign-in");
        await shot(entrance.page, `sign-in-${name}-${language}-${theme}`);
        assert.deepEqual(entrance.troubles(), []);
        await entrance.context.close();
        await fleet({ language, theme, viewport }, async (page, { troubles }) => {
          assert.equal(await page.evaluate(() => document.documentElement.lang), language);
          await still(page);
          await accessible(page, "fleet");
          await fitsItsWidth(page, "fleet");
          await shot(page, `fleet-${name}-${language}-${theme}`);
          assert.deepEqual(troubles(), []);
        });
      });
    }
  }
}

describe("the fleet", () => {
  it("shows each till's state, software, catalogue, sales and sum, as the API has them", async () => {
    await fleet({}, async (page) => {
      await row(page, "till-1").getByText("Generation 2, the newest").waitFor();
      await row(page, "till-1").getByText("Connected").waitFor();
      await row(page, "till-3").getByText("Never connected").waitFor();
      await row(page, "till-4").getByText("Out of use").waitFor();
      await page.getByText("This store has no tills yet").waitFor();
      const asked = async (path) => (await page.request.get(CLOUD_URL + path)).json();
      const day = new Date().toISOString().slice(0, 10);
      // Sales go on coming in, so both are read until they are of the same moment.
      for (let tries = 0; ; tries += 1) {
        const sums = await asked(`/api/v1/stores/${SHOP}/sales/sums?first_day=${day}&last_day=${day}&till=till-1`);
        const shown = await row(page, "till-1").locator("td").allInnerTexts();
        const [sum] = sums.items;
        const money = (sum.gross_minor / 100).toLocaleString("en-IE", { style: "currency", currency: "EUR" });
        if (shown[3].includes(String(sum.sales)) && shown[4].includes(money)) {
          break;
        }
        assert.ok(tries < 100, `${shown} is not ${sum.sales} and ${money}`);
        await page.waitForTimeout(100);
      }
    });
  });

  it("shows sales as they come in, the newest on top, calmly marked", async () => {
    await fleet({}, async (page) => {
      const before = await page.locator(".newest tbody tr").first().getAttribute("data-sale");
      const fresh = page.locator(".newest tbody tr[data-fresh]").first();
      await fresh.waitFor();
      await fresh.getByText("Just came in").waitFor();
      const now = await page.locator(".newest tbody tr").first().getAttribute("data-sale");
      assert.notEqual(now, before);
      await accessible(page, "a sale that has just come in");
      await shot(page, "fleet-fresh-en");
    });
  });

  it("asks with the tags of what it has, and says when it last heard", async () => {
    await fleet({}, async (page) => {
      const tagged = await page.waitForResponse((answer) => answer.url().endsWith("/generations") && answer.status() === 304);
      assert.ok(tagged.request().headers()["if-none-match"]);
      const heard = await page.locator(".heard").innerText();
      await page.waitForFunction((text) => document.querySelector(".heard")?.textContent !== text, heard);
    });
  });

  it("says what to do about gaps, forks and what was set aside, and how far a till is behind", async () => {
    const before = async (page) => {
      const at = { store: SHOP, till: "till-1", noticed_at_ms: Date.now() };
      await standIn(page, "/api/v1/journals", (real) => ({
        json: {
          ...real,
          gaps: [{ ...at, first: 5, last: 7, lost: false }, { ...at, first: 9, last: 9, lost: true }],
          forks: [{ ...at, sequence: 11, known_hash: "a", other_hash: "b" }],
        },
      }));
      await standIn(page, "/api/v1/set-aside", () => ({
        json: { items: [{ ...at, mark: "12-ab", sale: "s", reason: "parked", problem: "it is no sale", received_at_ms: Date.now(), payload: "" }] },
      }));
      await standIn(page, `/api/v1/stores/${SHOP}/generations`, (real) => ({
        json: { items: [{ ...real.items[0], number: real.items[0].number + 3, kind: "rollback" }, ...real.items] },
      }));
      await standIn(page, `/api/v1/stores/${SHOP}/tills`, (real) => ({
        json: { items: real.items.map((till) => (till.id === "till-2" ? { ...till, last_seen: { ...till.last_seen, at_ms: Date.now() - 5_400_000 } } : till)) },
      }));
    };
    for (const language of LANGUAGES) {
      await fleet({ before, language }, async (page) => {
        const odd = page.locator(".oddities");
        await odd.waitFor();
        assert.equal(await odd.locator("li").count(), 4);
        await odd.locator("summary").click();
        await odd.getByText("it is no sale").waitFor();
        await settleOne(page, odd);
        const words = language === "en" ? ["behind by 3", "Not connected", "went back"] : ["отстаёт на 3", "Нет связи", "возврат"];
        await row(page, "till-1").getByText(words[0]).waitFor();
        await row(page, "till-2").getByText(words[1]).waitFor();
        await page.locator(".facts").getByText(words[2]).waitFor();
        await still(page);
        await accessible(page, "oddities");
        await shot(page, `fleet-odd-${language}`);
        await page.setViewportSize(TELEPHONE);
        await still(page);
        await fitsItsWidth(page, "oddities on a telephone");
        await accessible(page, "oddities on a telephone");
        await shot(page, `fleet-odd-telephone-${language}`);
      });
    }
  });

  it("holds long names, long ids and large sums on every screen", async () => {
    const long = "a".repeat(64);
    const before = async (page) => {
      await standIn(page, "/api/v1/stores", (real) => ({
        json: { items: real.items.map((store) => ({ ...store, name: `${"Zweigstelle".repeat(6)} ${store.name}` })) },
      }));
      await standIn(page, `/api/v1/stores/${SHOP}/tills`, (real) => ({
        json: { items: [...real.items, { ...real.items[0], id: long, name: `Kasse ${long}` }] },
      }));
      await standIn(page, `/api/v1/stores/${SHOP}/sales/sums`, (real) => ({
        json: { items: real.items.map((sum) => ({ ...sum, gross_minor: 9_007_199_254_740 })) },
      }));
      await standIn(page, `/api/v1/stores/${SHOP}/sales`, (real) => ({
        json: { items: real.items.map((sale) => ({ ...sale, till: long, gross_minor: 9_999_999_999 })) },
      }));
    };
    for (const [name, viewport] of [...SCREENS, ["low", LOW]]) {
      await fleet({ before, viewport, language: "ru" }, async (page) => {
        await still(page);
        await fitsItsWidth(page, `long names, ${name}`);
        await accessible(page, `long names, ${name}`);
        await shot(page, `fleet-long-${name}-ru`);
      });
    }
  });

  it("shows an organisation without stores the way to its first", async () => {
    const before = (page) => standIn(page, "/api/v1/stores", () => ({ json: { items: [] } }));
    const { page, context } = await enter(browser, { before });
    await page.getByText("There are no stores yet").waitFor();
    await accessible(page, "no stores");
    await shot(page, "fleet-empty-en");
    await context.close();
  });

  it("shows those whose role shows no sales the rest", async () => {
    const forbidden = { status: 403, json: { code: "forbidden", detail: "no", status: 403 } };
    const before = async (page) => {
      for (const path of [`stores/${SHOP}/sales`, `stores/${SHOP}/sales/sums`, "stores/harbour/sales", "stores/harbour/sales/sums", "journals", "set-aside"]) {
        await standIn(page, `/api/v1/${path}`, () => forbidden);
      }
    };
    const { page, context } = await enter(browser, { before });
    await row(page, "till-1").getByText("not shown").first().waitFor();
    await page.getByText("Your role does not show sales").waitFor();
    await accessible(page, "without sales");
    await shot(page, "fleet-forbidden-en");
    await context.close();
  });

  it("keeps what it knows while the cloud is away, says since when, and goes on by itself", async () => {
    await fleet({}, async (page) => {
      await page.route("**/api/**", (route) => route.abort());
      await page.getByText("The cloud does not answer").waitFor();
      assert.ok(await row(page, "till-1").isVisible());
      await still(page);
      await accessible(page, "a lost cloud");
      await shot(page, "fleet-lost-en");
      await page.unroute("**/api/**");
      await page.getByText("The cloud does not answer").waitFor({ state: "detached" });
    });
  });

  it("says that it waits for a cloud that does not answer from the start, and what is wrong", async () => {
    const { page, context } = await enter(browser, {
      before: async (page) => page.route("**/api/v1/stores", (route) => route.abort()),
    });
    await page.getByText("The cloud does not answer").waitFor();
    await accessible(page, "no cloud");
    await shot(page, "fleet-never-en");
    await context.close();
  });

  it("does everything with keys alone, in an order that can be foreseen", async () => {
    await fleet({}, async (page) => {
      const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
      const names = [];
      for (let tab = 0; tab < 14; tab += 1) {
        await page.keyboard.press("Tab");
        names.push(await focused());
        const outlined = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        assert.notEqual(outlined, "none", `${names.at(-1)} shows the focus`);
      }
      assert.match(names[0], /Skip/);
      assert.deepEqual(names.slice(1, 5), ["Shop", "Buying", "Watching", "Organisation"]);
      assert.match(names[8], /Sign out/);
      assert.deepEqual(names.slice(9, 14), ["Fleet", "Tills", "Products", "Stock", "Catalogue"]);
      await page.getByLabel(WORDS.en.language).selectOption("ru");
      await page.getByText("На связи").first().waitFor();
      await page.getByLabel(WORDS.ru.colours).selectOption("dark");
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
      await page.reload();
      await page.getByText("На связи").first().waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    });
  });

  it("stands with text at twice its size and on a low screen", async () => {
    for (const [name, viewport] of [["low", LOW], ["narrow", { width: 390, height: 422 }]]) {
      await fleet({ viewport, language: "ru" }, async (page) => {
        await page.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
        await still(page);
        await fitsItsWidth(page, `twice the text, ${name}`);
        await shot(page, `fleet-twice-${name}-ru`);
      });
    }
  });
});
