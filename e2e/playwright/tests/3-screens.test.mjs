/**
 * Every screen in every language and theme, by what can be measured: the real page shows states made from the till's own
 * products, so that those a healthy till rarely has are looked at as well.
 */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, LANDSCAPE, launch, LOW, open, PORTRAIT, shot, still, TELEPHONE } from "../lib/browser.mjs";
import { overflowing, targets } from "../lib/measure.mjs";
import { inLanguage, scenes, stage } from "../lib/scenes.mjs";
import { clean, state } from "../lib/till.mjs";

const LANGUAGES = ["en", "ru"];
const THEMES = ["light", "dark"];

let browser;
let all;
before(async () => {
  await clean();
  browser = await launch();
  all = await scenes();
});
after(async () => browser.close());

/** A page that shows what it is told to; `with_` gets the page and the stage. */
async function staged(options, with_) {
  let set;
  const visit = await open(browser, {
    ...options,
    before: async (page) => {
      set = await stage(page);
      set.show(all.start);
      await options.before?.(page);
    },
  });
  try {
    await with_(visit.page, set, visit);
  } finally {
    await visit.context.close();
  }
}

async function show(page, set, name, language) {
  set.show(inLanguage(all[name], language));
  await page.locator(`.kiosk[data-phase=${all[name].phase}]`).waitFor();
  await page.waitForFunction((code) => document.documentElement.lang === code, language);
  await still(page);
}

for (const theme of THEMES) {
  for (const language of LANGUAGES) {
    it(`is accessible on every screen, ${theme}, in ${language}`, async () => {
      await staged({ theme }, async (page, set, visit) => {
        for (const name of Object.keys(all)) {
          await show(page, set, name, language);
          await accessible(page, `${name}, ${theme}, ${language}`);
          await shot(page, `${name}-${language}-${theme}`);
        }
        assert.deepEqual(visit.troubles(), []);
      });
    });
  }
}

for (const [name, viewport] of [["landscape", LANDSCAPE], ["low", LOW], ["telephone", TELEPHONE]]) {
  it(`is accessible on a ${name} screen`, async () => {
    await staged({ viewport }, async (page, set) => {
      for (const scene of ["start", "question", "scanning", "review", "authorising", "receipt"]) {
        await show(page, set, scene, "ru");
        await accessible(page, `${scene}, ${name}`);
        await shot(page, `${name}-${scene}-ru`);
      }
    });
  });
}

it("is accessible while searching, with a line open and with the drawer open", async () => {
  await staged({}, async (page, set) => {
    await show(page, set, "scanning", "en");
    await page.locator(".line-what").first().click();
    await page.locator(".reason").waitFor();
    await still(page);
    await accessible(page, "an open line");
    await page.getByRole("button", { name: "Find by name" }).click();
    await page.locator(".found li").first().waitFor();
    await still(page);
    await accessible(page, "search");
    await page.locator(".demo-tab").click();
    await page.locator(".demo-product").first().waitFor();
    await still(page);
    await accessible(page, "the drawer");
  });
});

describe("for hands and eyes", () => {
  for (const [name, viewport] of [["portrait", PORTRAIT], ["landscape", LANDSCAPE], ["low", LOW]]) {
    it(`has targets of 15 mm and more, and of 20 mm where it matters, ${name}`, async () => {
      const { till } = await state();
      await staged({ viewport }, async (page, set) => {
        for (const scene of Object.keys(all)) {
          for (const language of LANGUAGES) {
            await show(page, set, scene, language);
            for (const target of await targets(page)) {
              const least = target.primary ? 20 : 15;
              const told = `${scene}, ${language}: “${target.name}”`;
              assert.ok(target.width * till.mm_per_pixel >= least, `${told} is ${target.width} px wide`);
              assert.ok(target.height * till.mm_per_pixel >= least, `${told} is ${target.height} px high`);
            }
          }
        }
      });
    });
  }

  it("has keys of 15 mm on its keyboard, in both alphabets", async () => {
    const { till } = await state();
    await staged({}, async (page, set) => {
      for (const language of LANGUAGES) {
        await show(page, set, "scanning", language);
        await page.locator(".basket-head .button").click();
        await page.locator(".key").first().waitFor();
        for (const target of await targets(page)) {
          const side = Math.min(target.width, target.height) * till.mm_per_pixel;
          assert.ok(side >= 15, `“${target.name}” is ${side.toFixed(1)} mm`);
        }
        await page.locator(".search-head .button").click();
      }
    });
  });

  it("writes prices and actions with capitals of 7.3 mm", async () => {
    const { till } = await state();
    const large = ".button-text, .line-name, .line-amount, .total-amount, .product-name, .product-amount, .summary-amount, .paying-amount, .paper-total";
    await staged({}, async (page, set) => {
      for (const scene of Object.keys(all)) {
        await show(page, set, scene, "en");
        const sizes = await page.locator(large).evaluateAll((found) =>
          found.map((one) => [one.textContent, Number.parseFloat(getComputedStyle(one).fontSize)]),
        );
        for (const [text, size] of sizes) {
          const capital = size * 0.707 * till.mm_per_pixel;
          assert.ok(capital >= 7.3, `${scene}: “${text}” has capitals of ${capital.toFixed(2)} mm`);
        }
      }
    });
  });

  it("makes what comes next the largest thing to tap", async () => {
    await staged({}, async (page, set) => {
      for (const scene of ["start", "scanning", "review", "declined", "receipt"]) {
        await show(page, set, scene, "en");
        const [largest] = (await targets(page)).sort((a, b) => b.width * b.height - a.width * a.height);
        assert.ok(largest.primary, `${scene}: the largest is “${largest.name}”`);
      }
    });
  });

  it("always shows the total and whom to call", async () => {
    await staged({}, async (page, set) => {
      for (const scene of Object.keys(all)) {
        await show(page, set, scene, "en");
        const staff = page.locator(".header").getByRole("button", { name: /Call staff|Staff has been called/ });
        await assert.doesNotReject(staff.waitFor(), scene);
        if (["scanning", "review"].includes(all[scene].phase)) {
          const box = await page.locator(".total-amount").boundingBox();
          const kiosk = await page.locator(".kiosk").boundingBox();
          assert.ok(box.y + box.height <= kiosk.y + kiosk.height, `${scene}: the total is in sight`);
        }
      }
    });
  });
});

describe("when text is larger or the page is smaller", () => {
  const sizes = [["portrait", PORTRAIT], ["landscape", LANDSCAPE], ["low", LOW], ["telephone", TELEPHONE]];
  for (const [name, viewport] of sizes) {
    for (const [zoom, direction] of [["100%", "ltr"], ["200%", "ltr"], ["100%", "rtl"]]) {
      if (name === "telephone" && zoom === "200%") {
        continue;
      }
      it(`hides and cuts off nothing at ${zoom} ${direction} on a ${name} screen`, async () => {
        await staged({ viewport }, async (page, set) => {
          for (const scene of Object.keys(all)) {
            await show(page, set, scene, "ru");
            await page.evaluate(([size, dir]) => {
              document.documentElement.style.fontSize = size;
              document.documentElement.dir = dir;
            }, [zoom, direction]);
            await still(page);
            await shot(page, `${name}-${zoom}-${direction}-${scene}`);
            assert.deepEqual(await page.evaluate(overflowing), [], `${scene}: sticks out`);
          }
        });
      });
    }
  }
});
