/** The places where tills and generations are seen to, against a real cloud. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, LANDSCAPE, launch, LOW, shot, still, TELEPHONE } from "../lib/browser.mjs";
import { CLOUD_URL, enter, fitsItsWidth, screensOf, standIn } from "../lib/cloud.mjs";

const SHOP = "corner-shop";
const SCREENS = [["desktop", LANDSCAPE], ["telephone", TELEPHONE]];
const LOOKS = ["en", "ru"].flatMap((language) => ["light", "dark"].flatMap((theme) => screensOf(SCREENS, language, theme).map(([name, viewport]) => ({ language, theme, name, viewport }))));

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

/** A place, once what it is made of is there. */
async function at(place, sign, options, look) {
  const visited = await enter(browser, { ...options, path: `/#/${place}` });
  try {
    await visited.page.locator(sign).first().waitFor();
    await look(visited.page, visited);
  } finally {
    await visited.context.close();
  }
}

const TILLS = `[data-store=${SHOP}] [data-till]`;
const row = (page, till) => page.locator(`[data-store=${SHOP}] [data-till=${till}]`);
const beneath = (page, till) => page.locator(`[data-till=${till}] + .beneath`);

for (const { language, theme, name, viewport } of LOOKS) {
  it(`tills and catalogue are accessible and fit, ${language}, ${theme}, ${name}`, async () => {
    for (const [place, sign] of [["tills", TILLS], ["catalogue", "[data-generation]"]]) {
      await at(place, sign, { language, theme, viewport }, async (page, { troubles }) => {
        await still(page);
        await accessible(page, place);
        await fitsItsWidth(page, place);
        await shot(page, `${place}-${name}-${language}-${theme}`);
        assert.deepEqual(troubles(), []);
      });
    }
  });
}

describe("tills", () => {
  it("are claimed with a code that is shown once, with what to do with it", async () => {
    for (const [name, viewport] of SCREENS) {
      await at("tills", TILLS, { viewport }, async (page) => {
        await page.getByRole("button", { name: "Make a claim code for By the bakery" }).click();
        const box = beneath(page, "till-3");
        assert.match(await box.locator(".claim-code").innerText(), /^([0-9A-Z]{4}-){7}[0-9A-Z]{4}$/);
        await box.getByText(/minutes left/).waitFor();
        assert.match(await box.locator(".claim-how").innerText(), /^tillsight cloud claim https:\/\/localhost:\d+$/);
        assert.equal(await box.evaluate((one) => one.contains(document.activeElement)), true, "it is read out");
        await box.getByRole("button", { name: "Copy the code" }).click();
        await box.getByRole("status").getByText(/Copied|Selected/).waitFor();
        await still(page);
        await accessible(page, "a claim code");
        await fitsItsWidth(page, `a claim code, ${name}`);
        await shot(page, `tills-claim-${name}-en`);
        await box.getByRole("button", { name: "Close" }).click();
        await box.waitFor({ state: "detached" });
      });
    }
  });

  it("says when a code has ended", async () => {
    const before = (page) =>
      page.route("**/till-3/claims", async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ status: 201, json: { ...(await answer.json()), expires_at_ms: Date.now() - 60_000 } });
      });
    await at("tills", TILLS, { before, language: "ru" }, async (page) => {
      await row(page, "till-3").getByRole("button").click();
      await beneath(page, "till-3").getByText("Срок кода вышел").waitFor();
      assert.equal(await page.locator(".claim-code").count(), 0);
    });
  });

  it("are revoked only by whoever is sure, and the cloud's refusal is told", async () => {
    await at("tills", TILLS, {}, async (page) => {
      const asked = [];
      await page.route("**/till-1/certificates", (route) => {
        asked.push(route.request());
        const problem = { code: "unavailable", detail: "later", status: 503, retry_after_s: 5 };
        return asked.length === 1 ? route.fulfill({ status: 503, json: problem }) : route.fulfill({ json: { serials: [] } });
      });
      const revoke = page.getByRole("button", { name: "Revoke the certificates of till-1" });
      await revoke.click();
      const box = beneath(page, "till-1");
      await box.getByText("It goes on selling").waitFor();
      await page.keyboard.press("Escape");
      await box.waitFor({ state: "detached" });
      await revoke.click();
      await still(page);
      await accessible(page, "a question");
      await shot(page, "tills-revoke-en");
      await box.getByRole("button", { name: "Revoke", exact: true }).click();
      await box.getByRole("alert").getByText("does not answer now").waitFor();
      await box.getByRole("button", { name: "Revoke", exact: true }).click();
      await box.waitFor({ state: "detached" });
      assert.deepEqual([asked.length, asked[1].method()], [2, "DELETE"]);
      assert.ok(asked[1].headers()["x-csrf-token"]);
    });
  });

  it("are added with an id that cannot be wrong for long", async () => {
    await at("tills", TILLS, {}, async (page) => {
      const shop = page.locator("[data-store=harbour]");
      await shop.getByText("This store has no tills yet").waitFor();
      await shop.getByRole("button", { name: "Add a till" }).click();
      await page.keyboard.type("Pier");
      await shop.getByLabel(/^Id/).fill("Pier 1");
      await page.keyboard.press("Enter");
      await shop.getByRole("alert").getByText("Pier 1").waitFor();
      await accessible(page, "a refused id");
      await shop.getByLabel(/^Id/).fill("pier-1");
      await page.keyboard.press("Enter");
      await shop.locator("[data-till=pier-1]").getByText("Never connected").waitFor();
      await shop.getByLabel(/^Id/).waitFor({ state: "detached" });
    });
  });

  it("tells how many sales have not come", async () => {
    const before = (page) =>
      standIn(page, "/api/v1/journals", (real) => ({ json: { ...real, heads: real.heads.map((head) => ({ ...head, sequence: 1 })) } }));
    await at("tills", TILLS, { before }, async (page) => {
      await row(page, "till-1").getByText(/\d+ sales/).waitFor();
      await row(page, "till-3").getByText("none").first().waitFor();
    });
  });

  it("offers nobody what their role may not do", async () => {
    const before = (page) => standIn(page, "/api/v1/session", (real) => ({ json: { ...real, grants: [{ role: "clerk" }] } }));
    await at("tills", TILLS, { before }, async (page) => {
      await row(page, "till-1").getByText("Your role changes no tills").waitFor();
      assert.equal(await page.locator("main button.button").count(), 0);
      await page.getByRole("link", { name: "Catalogue" }).click();
      await page.locator("[data-generation]").first().waitFor();
      assert.equal(await page.locator("main button.button").count(), 0);
      await page.getByRole("link", { name: "Products" }).click();
      await page.getByRole("link", { name: "Lemon" }).click();
      await page.getByText("Your role changes no products").waitFor();
      assert.equal(await page.locator("main button.button").count(), 0);
    });
  });
});

describe("the catalogue", () => {
  it("goes back to an earlier generation once somebody is sure", async () => {
    await at("catalogue", "[data-generation]", {}, async (page) => {
      const asked = async () => (await (await page.request.get(`${CLOUD_URL}/api/v1/stores/${SHOP}/generations`)).json()).items;
      const newest = Math.max(...(await asked()).map((one) => one.number));
      await page.getByRole("button", { name: "Go back to generation 1", exact: true }).click();
      const box = page.locator("[data-generation='1'] + .beneath");
      await box.getByText(`become generation ${newest + 1}`).waitFor();
      await box.getByRole("button", { name: "Leave it" }).click();
      await box.waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Go back to generation 1", exact: true }).click();
      await still(page);
      await accessible(page, "going back");
      await shot(page, "catalogue-back-en");
      await box.getByRole("button", { name: "Go back to 1" }).click();
      const made = page.locator(`[data-generation='${newest + 1}']`);
      await made.getByText("went back to an earlier one").waitFor();
      await made.getByText("Newest").waitFor();
      await made.getByText("owner@demo.example").waitFor();
      assert.equal((await asked())[0].kind, "rollback");
    });
  });

  it("keeps the store that was chosen in the address", async () => {
    await at("catalogue", "[data-generation]", {}, async (page) => {
      await page.getByLabel("Store").selectOption("harbour");
      await page.locator("[data-store=harbour]").waitFor();
      assert.match(page.url(), /#\/catalogue\/harbour$/);
      await page.goBack();
      await page.locator(`[data-store=${SHOP}]`).waitFor();
    });
  });

  it("holds large numbers and long names on every screen", async () => {
    const before = async (page) => {
      await standIn(page, "/api/v1/stores", (real) => ({ json: { items: real.items.map((store) => ({ ...store, name: `${"Zweigstelle".repeat(6)} ${store.name}` })) } }));
      await standIn(page, "/api/v1/people", (real) => ({ json: { items: real.items.map((person) => ({ ...person, name: "Maximiliane".repeat(8) })) } }));
      await standIn(page, `/api/v1/stores/${SHOP}/generations`, (real) => ({
        json: { items: real.items.map((one) => ({ ...one, number: one.number + 9_007_199_254_000, products: 1_000_000, views: 9_000_000 + one.number, kind: "catalogue" })) },
      }));
    };
    for (const [name, viewport] of [...SCREENS, ["low", LOW]]) {
      for (const [place, sign] of [["catalogue", "[data-generation]"], ["tills", TILLS]]) {
        await at(place, sign, { before, viewport, language: "ru" }, async (page) => {
          await still(page);
          await fitsItsWidth(page, `long names in ${place}, ${name}`);
          await accessible(page, `long names in ${place}, ${name}`);
          await shot(page, `${place}-long-${name}-ru`);
        });
      }
    }
  });
});
