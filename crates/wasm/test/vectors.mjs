// Runs the published signature vectors against the package in Node: `node vectors.mjs PACKAGE VECTORS…`. Prints how many passed;
// exits with 1 when one fails, or when a scheme has none.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { runAll } from "./judge.mjs";

const [, , folder, ...files] = process.argv;
const countersign = createRequire(import.meta.url)(path.resolve(folder));
const read = files.map((file) => ({ name: path.basename(file), ...JSON.parse(readFileSync(file, "utf8")) }));
const { passed, failed, skipped } = runAll(countersign, read);
failed.forEach((line) => console.error(line));
console.log(`${passed} passed, ${failed.length} failed, ${skipped} skipped`);
process.exitCode = failed.length === 0 ? 0 : 1;
