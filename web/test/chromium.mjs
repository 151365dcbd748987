// A headless Chromium over its debugging pipe, without a library: `await launch()`, `page.evaluate(…)`, `page.screenshot(…)`.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage", "--remote-debugging-pipe",
];

/** Starts a browser of its own profile; `close()` ends it, and removes the profile. */
export async function launch(program = process.env.CHROMIUM ?? "chromium") {
  const profile = mkdtempSync(path.join(tmpdir(), "countersign-chromium-"));
  const child = spawn(program, [...FLAGS, `--user-data-dir=${profile}`, "about:blank"], { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (data) => (said = (said + data).slice(-2000)));
  const connection = new Connection(child.stdio[3], child.stdio[4]);
  child.on("error", (why) => connection.fail(why));
  child.on("exit", (code) => connection.fail(new Error(`the browser ended with ${code}: ${said}`)));
  return {
    async open(url, size = { width: 1280, height: 900 }) {
      const { targetId } = await connection.send("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await connection.send("Target.attachToTarget", { targetId, flatten: true });
      const page = new Page(connection, sessionId);
      await page.prepare(size);
      await page.go(url);
      return page;
    },
    async close() {
      await connection.send("Browser.close").catch(() => {});
      if (child.exitCode === null) await new Promise((done) => child.once("exit", done));
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Messages of the DevTools protocol: JSON, each ended by a NUL. */
class Connection {
  constructor(input, output) {
    Object.assign(this, { input, next: 1, waiting: new Map(), listeners: new Set(), rest: "" });
    input.on("error", (why) => this.fail(why));
    output.setEncoding("utf8");
    output.on("data", (text) => {
      const messages = (this.rest + text).split("\0");
      this.rest = messages.pop();
      for (const message of messages) this.receive(JSON.parse(message));
    });
  }

  receive({ id, result, error, method, params, sessionId }) {
    if (id === undefined) return this.listeners.forEach((listener) => listener({ method, params, sessionId }));
    const { done, failed } = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) failed(new Error(error.message));
    else done(result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.next++;
    this.input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((done, failed) => this.waiting.set(id, { done, failed }));
  }

  fail(why) {
    for (const { failed } of this.waiting.values()) failed(why);
    this.waiting.clear();
  }
}

class Page {
  /** What went over the network since the page was opened, and what went wrong in it. */
  requests = [];
  errors = [];

  constructor(connection, session) {
    this.send = (method, params) => connection.send(method, params, session);
    connection.listeners.add(({ method, params, sessionId }) => {
      if (sessionId !== session) return;
      if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
      if (method === "Runtime.exceptionThrown") this.errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
      if (method === "Log.entryAdded" && params.entry.level === "error") this.errors.push(params.entry.text);
      if (method === "Page.loadEventFired") this.loaded?.();
    });
  }

  async prepare({ width, height, mobile = false, scale = 1 }) {
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await this.send(`${domain}.enable`);
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, mobile, deviceScaleFactor: scale });
  }

  async go(url) {
    const loaded = new Promise((done) => (this.loaded = done));
    const { errorText } = await this.send("Page.navigate", { url });
    if (errorText) throw new Error(`${url}: ${errorText}`);
    await loaded;
  }

  /** The value of an expression in the page, awaited. */
  async evaluate(expression) {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails: details } = await this.send("Runtime.evaluate", options);
    if (details) throw new Error(details.exception?.description ?? details.text);
    return result.value;
  }

  /** Presses a key as a person does; `modifiers` is 2 for Control, 8 for Shift. */
  async press(key, { code = key, windowsVirtualKeyCode = 0, text = undefined, modifiers = 0 } = {}) {
    const event = { key, code, windowsVirtualKeyCode, modifiers };
    await this.send("Input.dispatchKeyEvent", { ...event, type: text ? "keyDown" : "rawKeyDown", text });
    await this.send("Input.dispatchKeyEvent", { ...event, type: "keyUp" });
  }

  type(text) {
    return this.send("Input.insertText", { text });
  }

  dark(on) {
    return this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: on ? "dark" : "light" }] });
  }

  async screenshot(file) {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(data, "base64"));
  }
}
