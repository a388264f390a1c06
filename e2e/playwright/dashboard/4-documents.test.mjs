/** The place where suppliers' documents become products and stock, against a real cloud. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, LANDSCAPE, launch, shot, still, TELEPHONE } from "../lib/browser.mjs";
import { CLOUD_URL, enter, fitsItsWidth, screensOf, standIn } from "../lib/cloud.mjs";
import { invoice } from "../lib/invoice.mjs";

const SCREENS = [["desktop", LANDSCAPE], ["telephone", TELEPHONE]];
const ROW = "[data-document]";
const LEMONS = { name: "Lemon", article: "L-100", quantity: 40, unit: "C62", price: 0.3 };
const LEMONADE = { name: "Elderflower lemonade 6x0,33 l", article: "E-633", quantity: 5, unit: "CS", price: 10 };
const FIRST = invoice({ number: "INV-2026-117", lines: [LEMONS, LEMONADE], gross: 99 });
const SECOND = invoice({ number: "INV-2026-118", lines: [LEMONS, { ...LEMONADE, name: "Crate deposit", article: "D-1", unit: "C62" }] });

let browser;
before(async () => {
  browser = await launch();
});
after(async () => browser.close());

async function at(path, sign, options, look) {
  const visited = await enter(browser, { ...options, path: `/#/documents${path}` });
  try {
    await visited.page.locator(sign).first().waitFor();
    await look(visited.page, visited);
  } finally {
    await visited.context.close();
  }
}

async function documentOf(page, number) {
  const { items } = await (await page.request.get(`${CLOUD_URL}/api/v1/documents?text=${number}`)).json();
  assert.equal(items.length, 1, number);
  return (await page.request.get(`${CLOUD_URL}/api/v1/documents/${items[0].id}`)).json();
}

describe("documents", () => {
  it("are sent several at once; the same again is said, and what is none fails with its reason", async () => {
    await at("", ".empty", {}, async (page) => {
      await page.getByText("There are no documents yet").waitFor();
      await shot(page, "documents-empty-en");
      const input = page.getByLabel("Send documents").last();
      await input.setInputFiles([FIRST, SECOND, { name: "noise.bin", mimeType: "application/octet-stream", buffer: Buffer.from([0, 1, 2, 3, 254, 255]) }]);
      await page.getByRole("status").getByText("3 of 3 done").waitFor();
      await page.locator(".sendings").getByText("It cannot be read").waitFor();
      assert.equal(await page.getByText("It is read.").count(), 2);
      await page.locator(ROW).nth(2).waitFor();
      await still(page);
      await accessible(page, "documents that were sent");
      await shot(page, "documents-sent-en");
      await input.setInputFiles(FIRST);
      await page.getByText("This file was here already.").waitFor();
      assert.equal(await page.locator(ROW).count(), 3);
    });
  });

  it("are taken where they are let fall", async () => {
    await at("", ROW, {}, async (page) => {
      const dropped = await page.evaluateHandle((text) => {
        const data = new DataTransfer();
        data.items.add(new File([text], "again.xml", { type: "application/xml" }));
        return data;
      }, SECOND.buffer.toString());
      await page.locator(".documents").dispatchEvent("dragenter", { dataTransfer: dropped });
      await page.locator(".drop-place[data-over]").waitFor();
      await page.locator(".documents").dispatchEvent("drop", { dataTransfer: dropped });
      await page.locator(".drop-place:not([data-over])").waitFor();
      await page.getByText("This file was here already.").waitFor();
    });
  });

  it("are found by words and state, and the address keeps both", async () => {
    await at("", ROW, {}, async (page) => {
      await page.getByRole("searchbox").fill("elderflower");
      await page.waitForURL(/search=elderflower/);
      await page.waitForFunction(() => document.querySelectorAll("[data-document]").length === 1);
      await page.getByRole("link", { name: "INV-2026-117" }).waitFor();
      await page.getByLabel("State").selectOption("failed");
      await page.getByText("No document is like that").waitFor();
      await page.reload();
      assert.equal(await page.getByLabel("State").inputValue(), "failed");
      await page.getByRole("searchbox").fill("");
      await page.getByRole("link", { name: "noise.bin" }).click();
      await page.getByText("This file cannot be read").waitFor();
      await accessible(page, "a failed document");
      await shot(page, "document-failed-en");
    });
  });
});

for (const language of ["en", "ru"]) {
  for (const theme of ["light", "dark"]) {
    for (const [name, viewport] of screensOf(SCREENS, language, theme)) {
      it(`documents are accessible and fit, ${language}, ${theme}, ${name}`, async () => {
        await at("", ROW, { language, theme, viewport }, async (page, { troubles }) => {
          for (const what of ["documents", "document"]) {
            await still(page);
            await accessible(page, what);
            await fitsItsWidth(page, what);
            await shot(page, `${what}-${name}-${language}-${theme}`);
            await page.getByRole("link", { name: "INV-2026-117" }).first().click();
            await page.locator("[data-line='1']").waitFor();
          }
          await page.locator("[data-line='1'] [aria-expanded]").click();
          await page.locator(".line-editor").waitFor();
          await still(page);
          await accessible(page, "a line");
          await fitsItsWidth(page, "a line");
          await shot(page, `document-line-${name}-${language}-${theme}`);
          assert.deepEqual(troubles(), []);
        });
      });
    }
  }
}

describe("a document", () => {
  it("goes from what was read to stock: corrected, confirmed and received", async () => {
    await at("", ROW, {}, async (page, { troubles }) => {
      await page.getByRole("link", { name: "INV-2026-117" }).click();
      await page.locator("[data-code=totals_differ]").waitFor();
      await page.locator("[data-line='0']").getByText("Sure").waitFor();
      assert.match(await page.getByRole("link", { name: /^Original/ }).getAttribute("href"), /\/file$/);

      await page.getByLabel("Total with tax").fill("a lot");
      await page.getByRole("button", { name: "Confirm", exact: true }).click();
      await page.getByRole("alert").getByText("cannot be read").waitFor();
      assert.equal(await page.getByLabel("Total with tax").evaluate((one) => one === document.activeElement), true);
      await page.getByLabel("Total with tax").fill("66,34");

      await page.getByRole("button", { name: "Change line 1" }).click();
      await page.getByLabel("Quantity").fill("42");
      await page.keyboard.press("Enter");
      await page.locator("[data-line='0']").getByText("Brings 42 pcs").waitFor();

      await page.getByRole("button", { name: "Change line 2" }).click();
      await page.getByLabel("Pieces or grams in one unit").fill("6");
      await page.getByRole("button", { name: "Make a new product" }).click();
      await page.locator(".line-editor").getByLabel("Category").fill("Drinks");
      await page.locator(".line-editor").getByLabel("Price", { exact: true }).fill("2,49");
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.locator("[data-line='1']").getByText("Chosen").waitFor();
      await page.getByText("2 of 2 lines have a product").waitFor();
      await shot(page, "document-edited-en");
      await page.getByRole("button", { name: "Confirm", exact: true }).click();
      await page.locator("[data-state=confirmed] .versions [data-version='1']").waitFor();
      await page.locator("[data-line='1']").getByText("Brings 30 pcs").waitFor();
      const { parsed, matches } = await documentOf(page, "INV-2026-117");
      assert.equal(parsed.totals.gross.value, "66.34");
      assert.deepEqual([parsed.lines[0].quantity.value, parsed.lines[0].quantity.origin], ["42", "person"]);
      assert.deepEqual(matches.lines.map(({ badge, conversion }) => [badge, conversion.quantity]), [["confirmed", 42], ["confirmed", 30]]);
      await accessible(page, "a confirmed document");
      await shot(page, "document-confirmed-en");

      await page.getByRole("button", { name: "Receive goods" }).click();
      await page.getByText("Receive the goods into").waitFor();
      await page.getByRole("group").getByRole("button", { name: "Receive goods" }).click();
      await page.locator("[data-receipt]").getByText("42 pcs").waitFor();
      await page.locator("[data-receipt]").getByText("30 pcs").waitFor();
      assert.equal(await page.getByRole("button", { name: "Change line 1" }).count(), 0, "what is in the stock is corrected there");
      await accessible(page, "a received document");
      await shot(page, "document-received-en");
      assert.deepEqual(troubles(), []);
    });
  });

  it("is confirmed with a line left out, and taken back, in Russian on a telephone", async () => {
    await at("", ROW, { language: "ru", viewport: TELEPHONE }, async (page) => {
      await page.getByRole("link", { name: "INV-2026-118" }).click();
      await page.getByRole("button", { name: "Изменить строку 2" }).click();
      await page.getByLabel("Другой товар").fill("lemon");
      await page.getByRole("list", { name: "Другой товар" }).getByRole("button").first().waitFor();
      await page.getByRole("button", { name: "Такого в магазине нет" }).click();
      await page.locator("[data-line='1']").getByText("Нет в магазине").waitFor();
      await page.getByRole("button", { name: "Подтвердить", exact: true }).click();
      await page.locator("[data-state=confirmed] .versions [data-version='1']").waitFor();
      assert.deepEqual((await documentOf(page, "INV-2026-118")).matches.lines.map(({ badge }) => badge), ["confirmed", "left_out"]);
      await fitsItsWidth(page, "a confirmed document");
      await shot(page, "document-confirmed-telephone-ru");
      await page.getByRole("button", { name: "Отменить", exact: true }).click();
      await page.getByRole("group").getByRole("button", { name: "Отменить" }).click();
      await page.locator("[data-document][data-state=needs_review]").waitFor();
      assert.equal((await documentOf(page, "INV-2026-118")).document.version, 0);
    });
  });

  it("is not confirmed over somebody else's head", async () => {
    await at("", ROW, {}, async (page) => {
      await page.getByRole("link", { name: "INV-2026-118" }).click();
      await page.locator("[data-line='1']").waitFor();
      const { document, parsed } = await documentOf(page, "INV-2026-118");
      const session = await (await page.request.get(`${CLOUD_URL}/api/v1/session`)).json();
      const theirs = { document: document.id, corrected: { ...parsed, number: { ...parsed.number, value: "INV-2026-118-B" } } };
      const answer = await page.request.post(`${CLOUD_URL}/api/v1/feedback`, { data: theirs, headers: { "x-csrf-token": session.csrf_token } });
      assert.ok(answer.ok(), await answer.text());
      await page.getByRole("button", { name: "Confirm", exact: true }).click();
      await page.getByRole("alert").getByText("Somebody changed it").waitFor();
      await page.getByRole("heading", { name: "INV-2026-118-B" }).waitFor();
      await accessible(page, "a refused confirmation");
      await shot(page, "document-refused-en");
    });
  });

  it("that came in a mail with others is found in it, and leads back", async () => {
    const inside = [invoice({ number: "INV-2026-119", lines: [LEMONS] }), invoice({ number: "INV-2026-120", lines: [LEMONADE] })];
    const attached = inside.map(
      ({ name, buffer }) =>
        `--b\r\nContent-Type: application/xml; name="${name}"\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${buffer.toString("base64")}\r\n`,
    );
    const mail = `From: sales@wholesale.example\r\nTo: shop@demo.example\r\nSubject: Your invoices\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${attached.join("")}--b--\r\n`;
    await at("", ROW, {}, async (page) => {
      await page.getByLabel("Send documents").last().setInputFiles({ name: "invoice.eml", mimeType: "message/rfc822", buffer: Buffer.from(mail) });
      await page.getByRole("link", { name: "Open invoice.eml" }).click();
      await page.locator("[data-state=split]").first().waitFor();
      await page.getByRole("link", { name: "INV-2026-119" }).waitFor();
      await accessible(page, "a container");
      await shot(page, "document-container-en");
      await page.getByRole("link", { name: "INV-2026-119" }).click();
      await page.locator("[data-line='0']").waitFor();
      await page.getByRole("link", { name: "What it came in" }).click();
      await page.getByText("Documents in it").waitFor();
    });
  });

  it("is only looked at by those who may not change it, and by nobody whose role shows none", async () => {
    const as = (role) => (page) => standIn(page, "/api/v1/session", (json) => ({ json: { ...json, grants: [{ role }] } }));
    await at("", ROW, { before: as("auditor") }, async (page) => {
      assert.equal(await page.getByText("Send documents").count(), 0);
      await page.getByRole("link", { name: "INV-2026-118" }).click();
      await page.locator("[data-line='1']").waitFor();
      assert.deepEqual([await page.getByRole("button", { name: /^(Change|Confirm)/ }).count(), await page.locator("main input").count()], [0, 0]);
      await accessible(page, "a document to be looked at");
      await shot(page, "document-auditor-en");
    });
    const refused = (page) =>
      page.route(/\/api\/v1\/documents\?/, (route) => route.fulfill({ status: 403, json: { type: "about:blank", title: "forbidden", status: 403, code: "forbidden", detail: "no" } }));
    const { page, context } = await enter(browser, { before: refused, path: "/#/documents" });
    await page.getByText("Your role does not show documents").waitFor();
    await context.close();
  });

  it("says where something is hard to read", async () => {
    const before = (page) =>
      page.route(/\/api\/v1\/documents\/[^/]+$/, async (route) => {
        const { parsed, ...detail } = await (await route.fetch({ headers: { ...route.request().headers(), "if-none-match": "" } })).json();
        const doubtful = { ...parsed, number: { ...parsed.number, confidence: 0.4 }, lines: parsed.lines.map((line) => ({ ...line, quantity: { ...line.quantity, confidence: 0.5 } })) };
        const lines = detail.matches.lines.map((line) => ({ ...line, badge: "likely" }));
        await route.fulfill({ json: { ...detail, parsed: doubtful, matches: { lines } } });
      });
    await at("", ROW, { before, theme: "dark" }, async (page) => {
      await page.getByRole("link", { name: "INV-2026-118" }).click();
      await page.locator(".head-field[data-doubtful] [name=number]").waitFor();
      await page.locator("[data-line='0'] [data-numeric]").getByText("Hard to read").waitFor();
      await page.getByRole("button", { name: "Yes, it is Lemon", exact: true }).click();
      await page.locator("[data-line='0']").getByText("Chosen").waitFor();
      await page.getByLabel("Number", { exact: true }).fill("INV-9");
      await page.locator(".head-field[data-doubtful] [name=number]").waitFor({ state: "detached" });
      await accessible(page, "a doubtful document");
      await shot(page, "document-doubtful-en-dark");
    });
  });

  it("says what is wrong when it cannot be read from the cloud", async () => {
    const before = (page) => page.route(/\/api\/v1\/documents\?/, (route) => route.abort());
    const { page, context } = await enter(browser, { before, path: "/#/documents" });
    await page.locator(".banner-warning").getByText("The cloud does not answer").waitFor();
    await accessible(page, "no documents");
    await context.close();
    await at("/01a204fd-0000-76c4-a791-6b7233922477", ".banner-warning", {}, async (there) => {
      await there.getByText(/there is no .*document/).waitFor();
    });
  });
});
