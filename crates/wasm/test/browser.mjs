// Runs the published signature vectors against the package in headless Chromium: `node browser.mjs PACKAGE VECTORS…`. Prints how
// many passed; exits with 1 when one fails, or when a scheme has none.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

import { launch } from "../../../web/test/chromium.mjs";

const [, , folder, ...files] = process.argv;
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
const PAGE = `<!doctype html><script type="module">
  import init, * as countersign from "/package/web/countersign.js";
  import { runAll } from "/judge.mjs";
  globalThis.done = (async () => {
    await init();
    const files = await Promise.all(${JSON.stringify(files.map((file) => path.basename(file)))}.map(
      async (name) => ({ name, ...(await (await fetch("/vectors/" + name)).json()) }),
    ));
    return runAll(countersign, files);
  })();
</script>`;

function fileOf(url) {
  const name = path.posix.normalize(new URL(url, "http://h").pathname);
  if (name === "/judge.mjs") return new URL("judge.mjs", import.meta.url);
  if (name.startsWith("/package/")) return path.join(folder, name.slice("/package/".length));
  return files.find((file) => name === `/vectors/${path.basename(file)}`);
}

const server = createServer(async (request, response) => {
  if (request.url === "/") return response.setHeader("content-type", "text/html").end(PAGE);
  try {
    const file = fileOf(request.url);
    response.setHeader("content-type", TYPES[path.extname(String(file))] ?? "text/plain");
    response.end(await readFile(file));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const browser = await launch();
try {
  const page = await browser.open(`http://127.0.0.1:${server.address().port}/`);
  const { passed, failed, skipped } = await page.evaluate("globalThis.done");
  failed.forEach((line) => console.error(line));
  console.log(`${passed} passed, ${failed.length} failed, ${skipped} skipped, in Chromium`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  await browser.close();
  server.close();
}
