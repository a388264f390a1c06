/**
 * Runs every test file, one after the other because they share one till (with `--dashboard` one cloud with tills that sell,
 * with `--past` one of a shop that has been open for weeks), and ends with a line that says how many passed.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

const [, , first = ""] = process.argv;
const ofTheCloud = ["--dashboard", "--past"].includes(first);
if (!ofTheCloud && !process.env.KIOSK_URL) {
  console.error("KIOSK_URL does not say where the till is.\nhint: KIOSK_URL=http://127.0.0.1:8420 CHROMIUM=/usr/bin/chromium npm test");
  process.exit(2);
}
if (ofTheCloud && !(process.env.CLOUD_URL && process.env.CLOUD_EMAIL && process.env.CLOUD_PASSWORD)) {
  console.error("CLOUD_URL, CLOUD_EMAIL and CLOUD_PASSWORD do not say where the cloud is and who signs in.\nhint: `dashboard-tests` of crate e2e starts one and says so");
  process.exit(2);
}

const folder = join(here, ofTheCloud ? first.slice(2) : "tests");
const wanted = process.argv.slice(ofTheCloud ? 3 : 2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.mjs") && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
  .map((name) => join(folder, name));

let passed = 0;
let failed = 0;
const results = run({ files, concurrency: false });
const isTest = (data) => data.details?.type !== "suite" && !data.skip && !files.includes(data.name);
results.on("test:pass", (data) => {
  passed += isTest(data) ? 1 : 0;
});
results.on("test:fail", (data) => {
  failed += data.details?.type === "suite" ? 0 : 1;
});
results.compose(new spec()).pipe(process.stdout);
results.on("end", () => {
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  process.on("exit", () => console.log(`${passed} passed, ${failed} failed`));
});
