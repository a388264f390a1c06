/** Makes the pictures of the kiosk in `docs/screenshots`, from real sales on a running simulated till. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LANDSCAPE, launch, open, PORTRAIT, showsPhase, still } from "./lib/browser.mjs";
import { act, buy, clean, KIOSK_URL, products, state, terminalWill, until } from "./lib/till.mjs";

if (KIOSK_URL === "") {
  console.error("KIOSK_URL does not say where the till is.\nhint: KIOSK_URL=http://127.0.0.1:8420 npm run screenshots");
  process.exit(2);
}

const folder = process.env.SHOTS ?? fileURLToPath(new URL("../../docs/screenshots", import.meta.url));
mkdirSync(folder, { recursive: true });

/** What lies on the tray in the pictures: the first of these words that the shop sells, each. */
const WISHES = [["croissant"], ["red apple", "apple"], ["milk chocolate", "chocolate"], ["emmental", "cheese"], ["pretzel"], ["avocado", "lemon"]];

async function wished() {
  const chosen = new Map();
  for (const words of WISHES) {
    for (const word of words) {
      const [found] = await products(word, "en", 1);
      if (found !== undefined && !chosen.has(found.product)) {
        chosen.set(found.product, found);
        break;
      }
    }
  }
  return [...chosen.values()];
}

async function visit(browser, language, name, viewport, goods) {
  await clean();
  const { page, context } = await open(browser, { viewport });
  const picture = async (screen) => {
    await still(page);
    await page.screenshot({ path: join(folder, `kiosk-${screen}-${name}-${language}.jpg`), quality: 88 });
  };
  if ((await state()).till.default_language !== language) {
    await page.locator(`.start-languages [lang=${language}]`).click();
  }
  await page.locator(".start-goods .picture").first().waitFor();
  await picture("start");
  for (const product of goods) {
    await buy(product);
  }
  const { basket } = await until("a basket that can be paid", (now) => now.pay_blocked_by === null);
  await page.waitForFunction((count) => document.querySelectorAll(".line").length === count, basket.lines.length);
  await picture("scanning");
  const line = basket.lines.find((one) => one.tracks.length === 1) ?? basket.lines[0];
  await act({ action: "reopen_line", line: line.line });
  await page.locator(".question").waitFor();
  await picture("question");
  const { questions } = await state();
  await act({ action: "choose", question: questions[0].question, product: line.product });
  await until("a basket that can be paid", (now) => now.pay_blocked_by === null);
  await act({ action: "review" });
  await showsPhase(page, "review");
  await picture("review");
  await terminalWill("approve");
  await act({ action: "pay" });
  await page.locator('[data-payment="authorising"]').waitFor();
  await picture("paying");
  await showsPhase(page, "receipt");
  await picture("receipt");
  await act({ action: "finish" });
  await context.close();
}

const browser = await launch();
try {
  const goods = await wished();
  for (const language of (await state()).till.languages) {
    await visit(browser, language, "portrait", PORTRAIT, goods);
    await visit(browser, language, "landscape", LANDSCAPE, goods);
  }
} finally {
  await browser.close();
  await clean();
}
console.log(`pictures are in ${folder}`);
