/**
 * Makes `src/api/schema.d.ts` from the cloud's own description of its answers (`tillsight-cloud print-openapi`), which is
 * read from standard input. With `--check` it writes nothing and fails where the file is of another description.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const FILE = fileURLToPath(new URL("../src/api/schema.d.ts", import.meta.url));
const HEAD = "// Made by `cargo xtask ui --types` from the cloud's description of its REST face. Not to be changed by hand.\n";

const description = JSON.parse(readFileSync(0, "utf8"));
// The page names paths itself, and each shape has a name.
description.paths = {};
const made = HEAD + astToString(await openapiTS(description, { immutable: true, excludeDeprecated: true }));
if (!process.argv.includes("--check")) {
  writeFileSync(FILE, made);
} else if (readFileSync(FILE, "utf8") !== made) {
  console.error("src/api/schema.d.ts is not what the cloud says of itself.\nhint: cargo xtask ui --types");
  process.exitCode = 1;
}
