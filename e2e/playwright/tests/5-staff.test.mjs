/** Goods with an age limit: what the shopper sees meanwhile, and what staff do about them. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { accessible, LANDSCAPE, launch, LOW, open, PORTRAIT, shot, showsPhase, still, TELEPHONE } from "../lib/browser.mjs";
import { overflowing, targets } from "../lib/measure.mjs";
import { inLanguage, scenes, stage } from "../lib/scenes.mjs";
import { act, buy, clean, limitedProducts, products, STAFF_PIN, state, until } from "../lib/till.mjs";

const LANGUAGES = ["en", "ru"];

let browser;
let all;
let limited;
before(async () => {
  await clean();
  browser = await launch();
  all = await scenes();
  limited = await limitedProducts();
  assert.ok(limited.length >= 2 && limited[0].age_limit < limited.at(-1).age_limit, "the shop sells goods with two age limits");
});
after(async () => browser.close());

describe("at a real till", () => {
  let visit;
  let page;
  beforeEach(async () => {
    await clean();
    visit = await open(browser);
    page = visit.page;
  });
  afterEach(async () => {
    const troubles = visit.troubles().filter((trouble) => !trouble.includes("/api/v1/actions"));
    await visit.context.close();
    await clean();
    assert.deepEqual(troubles, [], "nothing went wrong in the page");
  });

  const button = (name) => page.getByRole("button", { name, exact: true });
  const banner = () => page.locator("[data-notice=age]");
  const lineOf = (product) => page.locator(`.line[data-product="${product.product}"]`);
  const openDesk = async () => {
    await button("I am staff").click();
    await page.getByRole("dialog").waitFor();
  };
  const tapPin = async (pin) => {
    for (const digit of pin) {
      await page.locator(".staff-pad").getByRole("button", { name: digit, exact: true }).click();
    }
  };

  it("calls staff by itself, lets the shopper go on, and is paid once staff have approved", async () => {
    const [beer] = limited;
    await buy(beer);
    await banner().waitFor();
    assert.match(await banner().textContent(), /check your age.*You can go on/);
    assert.equal((await state()).staff_called, true);
    await page.locator(".header").getByRole("button", { name: "Staff has been called" }).waitFor();
    assert.ok((await lineOf(beer).textContent()).includes(`${beer.age_limit}+`));
    await shot(page, "age-banner");

    const [other] = (await products()).filter((one) => one.age_limit === null && one.unit_price.per === "piece");
    await buy(other);
    await button("Review and pay").click();
    await showsPhase(page, "review");
    await button("Waiting for staff").click({ force: true });
    assert.equal((await state()).phase, "review", "nothing is paid");
    await shot(page, "age-review");

    await openDesk();
    await still(page);
    await shot(page, "age-desk");
    await tapPin("0000");
    await button(`Yes, ${beer.age_limit} or older`).click();
    await page.getByText("4 more tries").waitFor();
    assert.equal(await page.getByLabel("Staff PIN").inputValue(), "", "a wrong PIN is not left standing");
    await shot(page, "age-desk-wrong");
    await tapPin(STAFF_PIN);
    await button(`Yes, ${beer.age_limit} or older`).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await banner().waitFor({ state: "detached" });
    assert.equal((await state()).staff_called, false);
    await page.getByRole("button", { name: /^Pay / }).click();
    await showsPhase(page, "receipt");
  });

  it("takes the goods out when staff refuse, and leaves the rest", async () => {
    const [beer] = limited;
    const [other] = (await products()).filter((one) => one.age_limit === null && one.unit_price.per === "piece");
    await buy(other);
    await buy(beer);
    await openDesk();
    await tapPin(STAFF_PIN);
    await button("No, remove these items").click();
    await lineOf(beer).waitFor({ state: "detached" });
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const now = await until("the rest to be paid", (now) => now.pay_blocked_by === null && now);
    assert.deepEqual(now.basket.lines.map((line) => line.product), [other.product]);
    assert.ok(now.tray.items.some((item) => item.status === "ignored"), "what lies there is not bought");
  });

  it("asks again for a higher age, and not for a lower one", async () => {
    const [low, high] = [limited[0], limited.at(-1)];
    await act({ action: "start" });
    await act({ action: "add_product", product: low.product });
    await act({ action: "approve_age", pin: STAFF_PIN, age_limit: low.age_limit });
    await act({ action: "add_product", product: high.product });
    await banner().waitFor();
    await openDesk();
    await page.getByRole("heading", { name: `Is the shopper ${high.age_limit} or older?` }).waitFor();
    await act({ action: "approve_age", pin: STAFF_PIN });
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await act({ action: "set_quantity", line: 1, pieces: 2 });
    assert.equal((await state()).approval.state, "approved");
  });

  it("is worked with keys alone, and gives the focus back", async () => {
    await act({ action: "start" });
    await act({ action: "add_product", product: limited[0].product });
    await button("I am staff").focus();
    await page.keyboard.press("Enter");
    const field = page.getByLabel("Staff PIN");
    await field.waitFor();
    await page.waitForFunction(() => document.activeElement?.matches(".staff-pin input"));
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.textContent === "I am staff");
    await page.keyboard.press("Enter");
    await field.waitFor();
    await page.keyboard.type(`x${STAFF_PIN}y`);
    assert.equal(await field.inputValue(), STAFF_PIN, "only digits are taken");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal((await state()).approval.state, "approved");
  });
});

/** A page at the staff desk of a till that answers every PIN with `answer`. */
async function atDesk(options, answer, with_) {
  const { language = "en", ...rest } = options;
  let set;
  const { page, context } = await open(browser, {
    ...rest,
    before: async (page) => {
      set = await stage(page);
      set.show(inLanguage(all.age, language));
      await page.route("**/api/v1/actions", (route) => route.fulfill(answer));
      await options.before?.(page);
    },
  });
  try {
    await page.locator("[data-notice=age] button").click();
    await page.getByRole("dialog").waitFor();
    await still(page);
    await with_(page, set);
  } finally {
    await context.close();
  }
}

const problem = (status, body) => ({ status, contentType: "application/problem+json", body: JSON.stringify(body) });
const WRONG = problem(403, { code: "wrong_pin", tries_left: 3 });

async function sendPin(page) {
  await page.locator(".staff-pin input").fill("1111");
  await page.locator(".staff-ways .button-primary").click();
  await page.locator(".staff .failure").waitFor();
}

it("counts the seconds of the pause after too many wrong PINs", async () => {
  await atDesk({}, problem(429, { code: "pin_locked", retry_after_s: 3 }), async (page) => {
    await sendPin(page);
    assert.match(await page.locator(".staff .failure").textContent(), /Too many wrong PINs\. *Try again in [23] seconds/);
    await page.locator(".staff-pin input").fill("1111");
    assert.equal(await page.locator(".staff-ways .button-primary").getAttribute("aria-disabled"), "true");
    await page.locator(".staff .failure").waitFor({ state: "detached" });
    assert.equal(await page.locator(".staff-ways .button-primary").getAttribute("aria-disabled"), null);
  });
});

it("says how to set a PIN at a till that has none", async () => {
  await atDesk({}, problem(409, { code: "pin_not_set" }), async (page) => {
    await sendPin(page);
    assert.match(await page.locator(".staff .failure").textContent(), /no staff PIN.*tillsightd --hash-pin/);
  });
});

it("closes by itself when it is left alone, and when there is nothing more to check", async () => {
  await atDesk({ before: (page) => page.clock.install() }, WRONG, async (page, set) => {
    await page.locator(".staff-pin input").fill("25");
    await page.clock.runFor(29_000);
    assert.equal(await page.getByRole("dialog").count(), 1);
    await page.clock.runFor(2_000);
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.locator("[data-notice=age] button").click();
    assert.equal(await page.locator(".staff-pin input").inputValue(), "", "half a PIN is forgotten");
    set.show(all.scanning);
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });
});

for (const theme of ["light", "dark"]) {
  for (const language of LANGUAGES) {
    it(`is accessible and large enough to work with, ${theme}, in ${language}`, async () => {
      const { till } = await state();
      for (const [name, viewport] of [["portrait", PORTRAIT], ["landscape", LANDSCAPE], ["low", LOW]]) {
        await atDesk({ theme, language, viewport }, WRONG, async (page) => {
          await sendPin(page);
          await still(page);
          await shot(page, `desk-${name}-${language}-${theme}`);
          await accessible(page, `the staff desk, ${name}, ${theme}, ${language}`);
          for (const target of await targets(page)) {
            const least = target.primary ? 20 : 15;
            const side = Math.min(target.width, target.height) * till.mm_per_pixel;
            assert.ok(side >= least, `${name}: “${target.name}” is ${side.toFixed(1)} mm`);
          }
        });
      }
    });
  }
}

for (const [name, viewport] of [["portrait", PORTRAIT], ["landscape", LANDSCAPE], ["low", LOW], ["telephone", TELEPHONE]]) {
  it(`cuts nothing off on a ${name} screen, with larger text and from right to left`, async () => {
    await atDesk({ viewport, language: "ru" }, WRONG, async (page) => {
      await sendPin(page);
      for (const [zoom, direction] of [["100%", "ltr"], ["200%", "ltr"], ["100%", "rtl"]]) {
        if (name === "telephone" && zoom === "200%") {
          continue;
        }
        await page.evaluate(([size, dir]) => {
          document.documentElement.style.fontSize = size;
          document.documentElement.dir = dir;
        }, [zoom, direction]);
        await still(page);
        await shot(page, `desk-${name}-${zoom}-${direction}`);
        assert.deepEqual(await page.evaluate(overflowing), [], `${zoom} ${direction}`);
      }
    });
  });
}
