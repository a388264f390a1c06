/** The pages in Debian's Chromium, with everything that goes wrong in them written down. */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { KIOSK_URL, SOON_MS } from "./till.mjs";

export const PORTRAIT = { width: 1080, height: 1920 };
export const LANDSCAPE = { width: 1920, height: 1080 };
export const LOW = { width: 1280, height: 800 };
export const TELEPHONE = { width: 390, height: 844 };

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A kiosk's browser is started so that a warning may sound before anybody touched the screen.
  "--autoplay-policy=no-user-gesture-required",
];

/** Starts the browser named by CHROMIUM. */
export async function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
}

/**
 * A fresh page of its own context, at `base`. `troubles()` are the console's errors and warnings, exceptions, and requests
 * that failed or left this machine; `before` runs ahead of the first navigation.
 */
export async function visit(browser, base, options = {}) {
  const { viewport = LANDSCAPE, theme = "light", before, path = "/", ...rest } = options;
  const context = await browser.newContext({ viewport, colorScheme: theme, ...rest });
  context.setDefaultTimeout(SOON_MS);
  const page = await context.newPage();
  const close = context.close.bind(context);
  // What stands in for an answer may be under way for a page that asks all the time.
  context.close = async () => {
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await close();
  };
  const troubles = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      troubles.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => troubles.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(base).origin) {
      troubles.push(`request elsewhere: ${request.url()}`);
    }
  });
  await before?.(page);
  await page.goto(base + path, { waitUntil: "domcontentloaded" });
  return { page, context, troubles: () => troubles };
}

/** A fresh page of the till's kiosk, as it is once it has heard from the till. */
export async function open(browser, options = {}) {
  const visited = await visit(browser, KIOSK_URL, { viewport: PORTRAIT, ...options });
  await visited.page.locator(".kiosk:not([data-phase=connecting])").waitFor();
  return visited;
}

/** The shopper's phase as the page shows it. */
export async function showsPhase(page, phase) {
  await page.locator(`.kiosk[data-phase=${phase}]`).waitFor();
}

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/**
 * Fails with every rule that axe finds broken. What axe calls large text may have less contrast than the 7:1 the page
 * holds to; that is checked on its colours themselves, beside them.
 */
export async function accessible(page, where) {
  const { violations } = await new AxeBuilder({ page })
    .options({ runOnly: { type: "tag", values: TAGS }, rules: { "color-contrast-enhanced": { enabled: true } } })
    .analyze();
  const told = violations.map(
    (one) => `${one.id}: ${one.help}\n${one.nodes.map((node) => `    ${node.target.join(" ")}: ${node.failureSummary}`).join("\n")}`,
  );
  assert.equal(told.length, 0, `${where}\n${told.join("\n")}`);
}

/** Waits until fonts and every product picture are drawn and nothing moves any more. */
export async function still(page) {
  await page.evaluate(async () => {
    await document.fonts.ready;
    const finite = document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity);
    await Promise.allSettled(finite.map((one) => one.finished));
  });
  await page.waitForFunction(() =>
    [...document.images].every((image) => image.src.includes(".mjpeg") || image.complete),
  );
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Keeps a picture of the page in the folder named by SHOTS, if there is one. */
export async function shot(page, name) {
  const folder = process.env.SHOTS;
  if (folder === undefined || folder === "") {
    return;
  }
  mkdirSync(folder, { recursive: true });
  await still(page);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Everything a browser can keep of a visit. */
export async function kept(page) {
  return page.evaluate(async () => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    cookies: document.cookie,
    databases: (await indexedDB.databases()).map((one) => one.name),
    caches: typeof caches === "undefined" ? [] : await caches.keys(),
    history: history.state,
    address: location.search + location.hash,
  }));
}
