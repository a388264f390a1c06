/** How the page behaves: by keys, by touch, in time, and when the till goes away. */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { after, before, it } from "node:test";
import { launch, open, showsPhase, still } from "../lib/browser.mjs";
import { inLanguage, scenes, stage } from "../lib/scenes.mjs";
import { clean, KIOSK_URL } from "../lib/till.mjs";

let browser;
let all;
before(async () => {
  await clean();
  browser = await launch();
  all = await scenes();
});
after(async () => browser.close());

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

it("lets keys reach everything, shows where they are, and traps them nowhere", async () => {
  await staged({}, async (page, set) => {
    for (const scene of ["start", "scanning", "question", "review", "declined", "receipt", "time_out"]) {
      set.show(all[scene]);
      await showsPhase(page, all[scene].phase);
      await still(page);
      const expected = await page.evaluate(
        () => [...document.querySelectorAll("button:not(:disabled), input, [tabindex='0']")].filter((one) => one.checkVisibility()).length,
      );
      await page.evaluate(() => document.activeElement?.blur());
      const reached = new Set();
      for (let press = 0; press < expected * 2 + 10; press += 1) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate(focusedNow);
        if (at !== null) {
          reached.add(at.key);
          assert.ok(at.visible, `${scene}: no outline on “${at.key}”`);
        }
      }
      assert.ok(reached.size >= expected, `${scene}: keys reached ${reached.size} of ${expected}`);
    }
  });
});

/** Runs in the page: what has the focus, and whether that shows. */
function focusedNow() {
  const one = document.activeElement;
  if (one === null || one === document.body) {
    return null;
  }
  const shown = one.matches(".search-field input") ? one.parentElement : one;
  const style = getComputedStyle(shown);
  const index = [...document.querySelectorAll("*")].indexOf(one);
  return { key: `${index} ${one.ariaLabel ?? one.textContent}`, visible: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 3 };
}

it("answers a touch within 100 ms", async () => {
  await staged({}, async (page, set) => {
    set.show(all.scanning);
    await showsPhase(page, "scanning");
    await still(page);
    for (const selector of [".next", ".stepper .button:last-child", ".line-what"]) {
      const target = page.locator(selector).first();
      const box = await target.boundingBox();
      await target.evaluate((one) => {
        const before = getComputedStyle(one).backgroundColor;
        window.answered = new Promise((done) => {
          one.addEventListener("pointerdown", (event) => {
            const look = () => {
              if (getComputedStyle(one).backgroundColor !== before) {
                done(performance.now() - event.timeStamp);
              } else {
                requestAnimationFrame(look);
              }
            };
            look();
          });
        });
      });
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      const took = await page.evaluate(() => window.answered);
      await page.mouse.move(1, 1);
      await page.mouse.up();
      assert.ok(took <= 100, `${selector} took ${took.toFixed(0)} ms`);
    }
  });
});

it("moves for less than 200 ms, and not at all for who wants no motion", async () => {
  for (const reducedMotion of ["no-preference", "reduce"]) {
    await staged({ reducedMotion }, async (page, set) => {
      for (const scene of ["scanning", "question", "authorising", "receipt", "time_out", "recovering"]) {
        set.show(all[scene]);
        await showsPhase(page, all[scene].phase);
        const moving = await page.evaluate(() =>
          document.getAnimations().map((one) => {
            const { duration, iterations } = one.effect.getComputedTiming();
            return { name: one.animationName ?? one.transitionProperty, duration, endless: iterations === Infinity };
          }),
        );
        for (const one of moving) {
          if (reducedMotion === "reduce") {
            assert.ok(!one.endless && one.duration < 1, `${scene}: ${one.name} moves all the same`);
          } else {
            assert.ok(one.endless ? one.duration >= 1_000 : one.duration < 200, `${scene}: ${one.name} takes ${one.duration} ms`);
          }
        }
      }
    });
  }
});

it("tells by ear what the total is and that there is a question", async () => {
  await staged({}, async (page, set) => {
    set.show(all.scanning);
    await page.locator("[role=status]", { hasText: /^Total .+, \d+ items$/ }).waitFor({ state: "attached" });
    set.show(all.question);
    await page.locator("[role=status]", { hasText: "Which one is it?" }).waitFor({ state: "attached" });
  });
});

it("sounds when time runs out", async () => {
  const listen = (page) =>
    page.addInitScript(() => {
      window.notes = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function sounded(...when) {
        window.notes += 1;
        return start.apply(this, when);
      };
    });
  await staged({ before: listen }, async (page, set) => {
    set.show(all.scanning);
    await showsPhase(page, "scanning");
    set.show(all.time_out);
    await page.locator(".time-out").waitFor();
    await page.waitForFunction(() => window.notes >= 2);
  });
});

it("counts a time-out down", async () => {
  await staged({}, async (page, set) => {
    set.show(all.time_out);
    await page.getByText("Your basket is cleared in 20 seconds.").waitFor();
    await page.getByText("Your basket is cleared in 18 seconds.").waitFor();
  });
});

it("says that the till is gone, keeps what is on the screen, and comes back by itself", async () => {
  await staged({}, async (page, set) => {
    set.show(all.scanning);
    await page.locator(".line").first().waitFor();
    const lines = await page.locator(".line").count();
    set.cut();
    await page.locator('[data-notice="connection_lost"]').waitFor();
    assert.equal(await page.locator(".line").count(), lines);
    set.mend();
    await page.locator('[data-notice="connection_lost"]').waitFor({ state: "detached" });
    assert.equal(await page.locator(".line").count(), lines);
  });
});

it("takes a new snapshot when it missed a change", async () => {
  await staged({}, async (page, set) => {
    set.show(all.scanning);
    await page.locator(".line").first().waitFor();
    set.skip(all.review);
    await showsPhase(page, "review");
    assert.equal(await page.locator('[data-notice="connection_lost"]').count(), 0, "too short to be worth a word");
  });
});

it("says near the tap when the till does not do what was tapped", async () => {
  await staged(
    {
      before: (page) =>
        page.route("**/api/v1/actions", (route) =>
          route.fulfill({ status: 409, contentType: "application/problem+json", body: '{"code":"wrong_phase"}' }),
        ),
    },
    async (page, set) => {
      set.show(all.scanning);
      await page.getByRole("button", { name: "Review and pay" }).click();
      await page.locator(".foot .failure", { hasText: "does not fit any more" }).waitFor();
    },
  );
});

it("has words for every notice, in both languages", async () => {
  await staged({}, async (page, set) => {
    for (const language of ["en", "ru"]) {
      for (const scene of ["faults", "more_faults"]) {
        set.show(inLanguage(all[scene], language));
        for (const { code } of all[scene].notices) {
          const banner = page.locator(`[data-notice="${code}"]`);
          await banner.waitFor();
          const text = await banner.textContent();
          const known = code !== "a_code_of_tomorrow";
          assert.equal(text.includes(code), !known, text);
        }
      }
    }
  });
});

it("shows a shop's names as text, whatever is in them", async () => {
  await staged({}, async (page, set) => {
    const nasty = '<img src=x onerror="document.title=1">';
    const [first, ...rest] = all.scanning.basket.lines;
    const line = { ...first, name: { en: nasty, ru: nasty } };
    set.show({ ...all.scanning, basket: { ...all.scanning.basket, lines: [line, ...rest] } });
    await page.locator(".line-name", { hasText: nasty }).waitFor();
    assert.equal(await page.title(), "Tillsight");
  });
});

it("is served under a policy that lets nothing foreign or inline in", async () => {
  const answer = await fetch(`${KIOSK_URL}/`);
  const policy = answer.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'|default-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  assert.doesNotMatch(await answer.text(), /<script(?![^>]*src=)|<style|style=|onclick=/);
});

it("loads first in less than 150 kB, compressed", async () => {
  const { context, page } = await open(browser);
  await still(page);
  const loaded = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .map((one) => one.name)
      // The drawer belongs to simulated tills only, pictures and states to every screen.
      .filter((name) => !/\/(api|sim)\/|\/drawer-/.test(name)),
  );
  await context.close();
  let bytes = 0;
  for (const address of [`${KIOSK_URL}/`, ...new Set(loaded)]) {
    const body = Buffer.from(await (await fetch(address)).arrayBuffer());
    bytes += address.endsWith(".woff2") ? body.length : gzipSync(body, { level: 9 }).length;
  }
  console.error(`first load: ${(bytes / 1000).toFixed(1)} kB in ${loaded.length + 1} files`);
  assert.ok(bytes < 150_000, `${bytes} bytes`);
});
