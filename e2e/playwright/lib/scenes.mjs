/**
 * States that a page must be able to show, made from a real till's own products, and a way to show them in the real page:
 * in place of what the till says over its live connection, and of nothing else.
 */

import { limitedProducts, products, state } from "./till.mjs";

/** Where things lie on the tray in these scenes. */
const PLACES = [
  [90, 90],
  [420, 120],
  [760, 90],
  [160, 520],
  [520, 560],
  [880, 500],
].map(([x, y]) => ({ x, y, width: 240, height: 230 }));

function amount(line) {
  if (line.quantity === null) {
    return null;
  }
  const { minor } = line.unit_price;
  return "pieces" in line.quantity ? minor * line.quantity.pieces : Math.round((minor * line.quantity.grams) / 1000);
}

function lineOf(product, number, more = {}) {
  const byWeight = product.unit_price.per === "kilogram";
  const line = {
    line: number,
    product: product.product,
    name: product.name,
    picture: product.picture,
    unit_price: product.unit_price,
    age_limit: product.age_limit,
    quantity: byWeight ? { grams: 412 } : { pieces: 2 },
    identified_by: "vision",
    probability: 0.9931,
    tracks: byWeight ? [number] : [number],
    on_tray: true,
    can_change_quantity: !byWeight,
    ...more,
  };
  return { ...line, amount_minor: amount(line) };
}

function totals(lines) {
  const gross = lines.reduce((sum, line) => sum + (line.amount_minor ?? 0), 0);
  const net = Math.round((gross * 10_000) / 10_700);
  const tax = { net_minor: net, tax_minor: gross - net, gross_minor: gross };
  return { ...tax, taxes: [{ code: "vat7", rate_basis_points: 700, ...tax }] };
}

function basketOf(lines) {
  const count = lines.reduce((sum, line) => sum + (line.quantity !== null && "pieces" in line.quantity ? line.quantity.pieces : 1), 0);
  return { lines, item_count: count, totals: totals(lines) };
}

const item = (track, status, product, line) => ({ track, bounds: PLACES[(track - 1) % PLACES.length], status, product, line });

const notice = (code, severity, parameters = {}) => ({ code, severity, since: "2026-01-02T03:04:05Z", parameters });

/** Every scene by its name. */
export async function scenes() {
  const { till } = await state();
  const all = await products();
  const [piece, other, third, fourth] = all.filter((one) => one.unit_price.per === "piece" && one.age_limit === null);
  const limited = await limitedProducts();
  const weighed = all.find((one) => one.unit_price.per === "kilogram") ?? fourth;
  const lines = [lineOf(piece, 1), lineOf(weighed, 2), lineOf(other, 3, { identified_by: "candidate", tracks: [], on_tray: false })];
  const tray = {
    frame_width: 1280,
    frame_height: 960,
    unsettled: null,
    items: [item(1, "sure", piece.product, 1), item(2, "sure", weighed.product, 2)],
  };
  const idle = {
    till,
    phase: "idle",
    tray: { ...tray, items: [] },
    basket: basketOf([]),
    questions: [],
    pay_blocked_by: "empty",
    approval: null,
    payment: null,
    receipt: null,
    time_out: null,
    staff_called: false,
    notices: [],
  };
  const scanning = { ...idle, phase: "scanning", tray, basket: basketOf(lines), pay_blocked_by: null };
  const review = { ...scanning, phase: "review" };
  const paying = (payment, reason = null) => ({
    ...review,
    phase: "paying",
    payment: { state: payment, amount_minor: review.basket.totals.gross_minor, reason },
  });
  const candidates = [piece, other, third].map((one, index) => ({ ...one, probability: [0.6, 0.2, 0.1][index] }));
  const which = (question, some) => ({ question, kind: "which_product", track: question, line: null, bounds: PLACES[question - 1], candidates: some });
  const asking = (questions) => ({
    ...scanning,
    tray: { ...tray, items: [...tray.items, ...questions.map((one) => item(one.track, "asking", null, null))] },
    questions,
    pay_blocked_by: "questions",
  });
  const checked = [lines[0], ...limited.map((one, index) => lineOf(one, 4 + index, { tracks: [], on_tray: false }))];
  const approval = {
    kind: "age",
    age_limit: Math.max(...checked.map((line) => line.age_limit ?? 0)),
    lines: checked.filter((line) => line.age_limit !== null).map((line) => line.line),
    state: "needed",
  };
  const age = { ...scanning, basket: basketOf(checked), pay_blocked_by: "approval", approval, staff_called: true };
  const heavy = lineOf(weighed, 2, { quantity: null });
  return {
    start: idle,
    leftovers: { ...idle, tray: { ...tray, items: [item(1, "sold", null, null)] } },
    empty: { ...scanning, tray: { ...tray, items: [] }, basket: basketOf([]), pay_blocked_by: "empty" },
    scanning,
    everything_on_the_tray: {
      ...scanning,
      tray: {
        ...tray,
        unsettled: "moving",
        items: [...tray.items, item(3, "covered", other.product, 3), item(4, "ignored", null, null), item(5, "sold", null, null)],
      },
      pay_blocked_by: "unsettled",
    },
    question: asking([which(4, candidates), which(5, [])]),
    unknown: asking([which(5, [])]),
    weigh: {
      ...scanning,
      tray: { ...tray, items: [tray.items[0], item(2, "weighing", weighed.product, 2)] },
      basket: basketOf([lines[0], heavy]),
      questions: [{ question: 2, kind: "weigh", track: 2, line: 2, bounds: PLACES[1], candidates: [] }],
      pay_blocked_by: "questions",
    },
    faults: {
      ...scanning,
      pay_blocked_by: "device",
      staff_called: true,
      notices: [
        notice("camera_lost", "error", { camera: "/dev/video0" }),
        notice("scale_lost", "warning"),
        notice("cloud_offline", "info"),
        notice("a_code_of_tomorrow", "warning", { part: "x" }),
      ],
    },
    more_faults: {
      ...scanning,
      notices: [
        notice("vision_stalled", "warning"),
        notice("storage_full", "error"),
        notice("storage_failed", "error"),
        notice("terminal_lost", "warning"),
        notice("catalogue_empty", "error"),
        notice("model_missing", "warning", { model: "lite0-224-int8.992e84de034a" }),
        notice("journal_repaired", "warning"),
      ],
    },
    age,
    age_review: { ...age, phase: "review" },
    age_approved: { ...age, pay_blocked_by: null, approval: { ...approval, state: "approved" }, staff_called: false },
    age_without_pin: { ...age, staff_called: false, notices: [notice("staff_pin_missing", "warning")] },
    time_out: { ...scanning, time_out: { ends_in_ms: 20_000 } },
    review,
    preparing: paying("preparing"),
    authorising: paying("authorising"),
    querying: paying("querying"),
    approved: paying("approved"),
    declined: paying("declined", "declined_by_issuer"),
    cancelled: paying("failed", "cancelled_by_shopper"),
    terminal_gone: paying("failed", "terminal_unavailable"),
    outcome_unknown: paying("failed", "outcome_unknown"),
    not_stored: paying("failed", "storage_failed"),
    receipt: {
      ...idle,
      phase: "receipt",
      tray: { ...tray, items: [item(1, "sold", null, null)] },
      time_out: { ends_in_ms: 600_000 },
      receipt: {
        sale: "0190b0c0-0000-7000-8000-000000000000",
        sequence: 17,
        completed_at: "2026-01-02T15:04:05Z",
        lines,
        totals: totals(lines),
        authorisation: "4711",
        clear_tray: true,
      },
    },
    recovering: { ...idle, phase: "recovering" },
  };
}

/** The state with another first language, as a till configured so would send it. */
export function inLanguage(scene, language) {
  return { ...scene, till: { ...scene.till, default_language: language } };
}

/**
 * Takes the till's place at the other end of the page's live connection. Returns `show(scene)`, and `cut()` and `mend()`
 * to lose the connection and to let it come back.
 */
export async function stage(page) {
  let revision = 1;
  let current = null;
  let broken = false;
  let line = null;
  await page.routeWebSocket("**/api/v1/live", (socket) => {
    if (broken) {
      void socket.close();
      return;
    }
    line = socket;
    if (current !== null) {
      socket.send(JSON.stringify({ type: "snapshot", state: { ...current, revision } }));
    }
  });
  return {
    show(scene) {
      const previous = revision;
      revision += 1;
      current = scene;
      line?.send(JSON.stringify({ type: "delta", previous, revision, changes: scene }));
    },
    /** Sends a change as if one before it had been lost on the way. */
    skip(scene) {
      revision += 2;
      current = scene;
      line?.send(JSON.stringify({ type: "delta", previous: revision - 1, revision, changes: scene }));
    },
    cut() {
      broken = true;
      void line?.close();
    },
    mend() {
      broken = false;
    },
  };
}
