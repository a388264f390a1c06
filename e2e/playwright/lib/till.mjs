/** A running till, driven over its kiosk API and its simulator. */

import assert from "node:assert/strict";

/** What the staff of the simulated shop prove themselves with. */
export const STAFF_PIN = "2580";

/** Where the till is. Without one there is nothing to test. */
export const KIOSK_URL = process.env.KIOSK_URL?.replace(/\/$/, "") ?? "";

/** Polls are this far apart: well below the till's limit of 50 requests a second. */
const POLL_MS = 80;

/** How long a till may take to see, to price or to be paid, in milliseconds. */
export const SOON_MS = Number(process.env.SOON_MS ?? 20_000);

/** How long the till waits for its terminal before it asks what happened, and some more. */
export const ANSWER_MS = Number(process.env.ANSWER_MS ?? 75_000) + SOON_MS;

/** How long until an untouched basket is warned about, and some more. */
export const IDLE_MS = Number(process.env.IDLE_MS ?? 90_000) + SOON_MS;

async function request(path, init) {
  const answer = await fetch(KIOSK_URL + path, init);
  const text = await answer.text();
  let body = {};
  try {
    body = text === "" ? {} : JSON.parse(text);
  } catch {
    body = { text };
  }
  return { status: answer.status, body };
}

async function post(path, body = {}) {
  return request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

export async function state() {
  const { status, body } = await request("/api/v1/state");
  assert.equal(status, 200, "the till tells its state");
  return body;
}

/** Polls the till until `look` finds something in its state, and returns that. */
export async function until(what, look, limitMs = SOON_MS) {
  const end = Date.now() + limitMs;
  for (;;) {
    const now = await state();
    const found = look(now);
    if (found) {
      return found === true ? now : found;
    }
    if (Date.now() > end) {
      const { phase, pay_blocked_by, questions, basket, payment } = now;
      const short = JSON.stringify({ phase, pay_blocked_by, payment, questions, lines: basket?.lines });
      throw new Error(`waited ${limitMs} ms for ${what}; the till says ${short.slice(0, 1500)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Does an action and insists that the till took it. */
export async function act(action) {
  const { status, body } = await post("/api/v1/actions", action);
  assert.equal(status, 200, `${JSON.stringify(action)} was refused: ${JSON.stringify(body)}`);
  return body;
}

export async function put(product) {
  const { status, body } = await post("/sim/v1/put", { product });
  assert.equal(status, 200, `putting ${product} down was refused: ${JSON.stringify(body)}`);
  return body.item;
}

export async function take(item) {
  const { status, body } = await post("/sim/v1/take", { item });
  assert.equal(status, 200, `taking item ${item} was refused: ${JSON.stringify(body)}`);
}

export async function terminalWill(next) {
  const { status, body } = await post("/sim/v1/terminal", { next });
  assert.equal(status, 200, `the terminal would not ${next}: ${JSON.stringify(body)}`);
}

export async function products(query = "", language = "en", limit = 50) {
  const parameters = new URLSearchParams({ query, language, limit: String(limit) });
  const { status, body } = await request(`/api/v1/products?${parameters}`);
  assert.equal(status, 200, "the till lists its products");
  return body.products;
}

/** What not everybody may buy, the lowest age limit first: not all of it is on the first page of the products. */
export async function limitedProducts() {
  const found = (await Promise.all(["beer", "wine"].map((word) => products(word)))).flat();
  const limited = new Map(found.filter((one) => one.age_limit !== null).map((one) => [one.product, one]));
  return [...limited.values()].sort((a, b) => a.age_limit - b.age_limit);
}

/** What ends each phase. A payment under way refuses to be dropped, and is waited for. */
const WAYS_OUT = { scanning: "cancel", review: "cancel", paying: "cancel", receipt: "finish" };

/** Brings the till back to its start screen with nothing on the tray, wherever a test left it. */
export async function clean() {
  await post("/sim/v1/clear");
  await post("/sim/v1/terminal", { next: "approve" });
  const end = Date.now() + ANSWER_MS;
  for (;;) {
    const now = await state();
    if (now.phase === "idle" && now.tray.items.length === 0 && now.tray.unsettled === null) {
      if (now.staff_called) {
        await act({ action: "dismiss_staff" });
        continue;
      }
      return;
    }
    assert.ok(Date.now() < end, `the till does not come to rest: ${JSON.stringify(now).slice(0, 1500)}`);
    const way = WAYS_OUT[now.phase];
    if (way !== undefined) {
      await post("/api/v1/actions", { action: way });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A few products sold by the piece, spread over the catalogue, all with a picture; anybody may buy them. */
export async function pieceProducts(count) {
  const anybody = (one) => one.unit_price.per === "piece" && one.picture !== null && one.age_limit === null;
  const all = (await products()).filter(anybody);
  assert.ok(all.length >= count, `the shop sells ${count} things by the piece`);
  const step = Math.floor(all.length / count);
  return all.filter((_, index) => index % step === 0).slice(0, count);
}

/**
 * Puts one product down and sees to it that it stands on the bill as what it is, answering the till's question as a
 * shopper would when it is not sure. Returns its line and the simulator's item.
 */
export async function buy(product) {
  const before = await state();
  const known = new Set(before.tray.items.map((item) => item.track));
  const item = await put(product.product);
  const counted = (now) =>
    now.tray.items.find((one) => !known.has(one.track) && one.line !== null && one.status !== "asking");
  const asked = (now) => now.questions.find((one) => one.kind === "which_product" && !known.has(one.track));
  const seen = await until(`${product.product} to be seen`, (now) => counted(now) ?? asked(now));
  if (seen.question !== undefined) {
    await act({ action: "choose", question: seen.question, product: product.product });
  }
  const track = seen.track;
  const line = await until(`${product.product} to be on the bill`, (now) =>
    now.basket.lines.find((one) => one.tracks.includes(track) || one.product === product.product),
  );
  if (line.product !== product.product) {
    await act({ action: "reopen_line", line: line.line });
    const question = await until("the question to come back", (now) => now.questions.find((one) => one.track === track));
    await act({ action: "choose", question: question.question, product: product.product });
  }
  const right = await until(`${product.product} to be on the bill as itself`, (now) =>
    now.basket.lines.find((one) => one.product === product.product && one.amount_minor !== null),
  );
  return { line: right, item };
}

/** Puts products down until `count` different ones stand on the bill, and waits until they can be paid. */
export async function fill(count) {
  const chosen = await pieceProducts(count);
  for (const product of chosen) {
    await buy(product);
  }
  await until("a basket that can be paid", (now) => now.pay_blocked_by === null);
  return chosen;
}
