// Drives the page "Why the 403?" through real refusals: `node page.mjs PAGE.html [SCREENSHOTS]`. The cases are public; each names the
// thread that it is from. Exits with 1 when one is not explained, when the page asks the network for anything, or when it does not work
// by keyboard, in the dark or on a phone.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { launch } from "./chromium.mjs";

const [, , file, shots] = process.argv;
const folder = new URL("cases/", import.meta.url);
const cases = readdirSync(folder).sort().map((name) => ({ name: path.basename(name, ".json"), ...JSON.parse(readFileSync(new URL(name, folder), "utf8")) }));
assert(cases.length >= 5);
const url = pathToFileURL(path.resolve(file)).href;
const shot = (page, name) => shots && page.screenshot(path.join(shots, `${name}.png`));
const TAB = { code: "Tab", windowsVirtualKeyCode: 9 };
const ENTER = { code: "Enter", windowsVirtualKeyCode: 13 };

/** Fills the form as a person does, with the keyboard only: the fields are reached by Tab, and Ctrl+Enter explains. */
async function ask(page, { request, says, signed }) {
  await page.evaluate("document.getElementById('form').reset(); document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)");
  for (const [id, text] of [["request", request], ["says", says], ["signed", signed]]) {
    if (id === "request") await page.evaluate("document.getElementById('request').focus()");
    else await page.press("Tab", TAB);
    assert.equal(await page.evaluate("document.activeElement.id"), id);
    if (text) await page.type(text);
  }
  await page.press("Enter", { ...ENTER, modifiers: 2 });
  return page.evaluate(`new Promise((done, failed) => {
    const until = Date.now() + 20000;
    const look = () => {
      const out = document.getElementById("out");
      const error = document.getElementById("error").textContent;
      if (error) return failed(new Error(error));
      if (out.childElementCount) return done({
        findings: [...out.querySelectorAll(".findings li")].map((item) => item.textContent),
        marked: [...out.querySelectorAll("tr.differs")].map((row) => row.dataset.part),
        origins: [...out.querySelectorAll("tbody tr")].every((row) => row.children.length === 3),
        focus: document.activeElement.id,
      });
      if (Date.now() > until) return failed(new Error("nothing was explained"));
      setTimeout(look, 20);
    };
    look();
  })`);
}

if (shots) mkdirSync(shots, { recursive: true });
const browser = await launch();
try {
  const page = await browser.open(url);
  for (const { name, expect, marked, ...asked } of cases) {
    const shown = await ask(page, asked);
    assert(shown.findings.some((finding) => finding.includes(expect)), `${name}: ${JSON.stringify(shown.findings)}`);
    if (marked) assert.equal(shown.marked[0], marked, name);
    assert(shown.origins, name);
    assert.equal(shown.focus, "out", "a screen reader is led to the result");
    console.log(`${name}: ${shown.findings[0]}`);
    if (name === "path-encoded-once") {
      await page.evaluate("document.getElementById('out').scrollIntoView()");
      await shot(page, "why-light");
      await page.dark(true);
      const [back, text] = await page.evaluate("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]");
      assert.equal(back, "rgb(13, 17, 23)");
      assert.equal(text, "rgb(230, 237, 243)");
      await shot(page, "why-dark");
      await page.dark(false);
    }
  }

  // What cannot be read is said, not swallowed.
  await assert.rejects(ask(page, { request: "hello", says: "", signed: "" }), /neither a curl command nor HTTP/);
  // The page loaded itself, and nothing else; and it could not, if it wanted to.
  assert.deepEqual(page.requests.filter((asked) => !asked.startsWith("data:")), [url]);
  assert.deepEqual(page.errors, []);
  await assert.rejects(page.evaluate("fetch('http://127.0.0.1:9/')"));

  const phone = await browser.open(url, { width: 360, height: 740, mobile: true, scale: 2 });
  await ask(phone, cases.find(({ name }) => name === "path-encoded-once"));
  const width = await phone.evaluate("document.documentElement.scrollWidth");
  assert(width <= 360, `the page is ${width} pixels wide on a phone of 360`);
  await phone.evaluate("document.getElementById('out').scrollIntoView()");
  await shot(phone, "why-phone");
  console.log(`${cases.length} refusals explained, by keyboard, in the dark and on a phone; no request left the page`);
} finally {
  await browser.close();
}
