// Runs the published signature vectors against the package: `node vectors.cjs PACKAGE VECTORS…`. Prints how many passed; exits
// with 1 when one fails, or when a scheme has none.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [, , folder, ...files] = process.argv;
const countersign = require(path.resolve(folder, "node/countersign.js"));

const hexBytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const bodyOf = (message) =>
  message.body_base64 === undefined ? message.body : new Uint8Array(Buffer.from(message.body_base64, "base64"));

function contextOf(vector) {
  const { unix_time: unixTime, nonce, session_key: sessionKey } = vector.context ?? {};
  const explain = true;
  if (vector.config.type !== "ntlm") return { unixTime, nonce, explain };
  // NTLM draws its client challenge first, then its exported session key.
  return { unixTime, explain, random: nonce === undefined ? undefined : hexBytes(nonce + (sessionKey ?? "")) };
}

/** The last request that goes out, and how it was reached. */
function run(vector) {
  const context = contextOf(vector);
  const request = { ...vector.request, url: vector.request.uri, body: bodyOf(vector.request) };
  const auth = new countersign.Authenticator(vector.config);
  const replies = vector.responses ?? [];
  if (replies.length === 0 && vector.expect.error === "needs-exchange") return { request: auth.sign(request, context) };
  const exchange = auth.start(request, context);
  let last;
  let step = exchange.step;
  let toProxy = false;
  for (const reply of [...replies, undefined]) {
    if (!step.send) break;
    last = step.send;
    if (reply === undefined) break;
    toProxy = reply.status === 407;
    step = exchange.onResponse({ status: reply.status, headers: reply.headers }, context);
  }
  return { request: last, toProxy, canonicalRequest: exchange.canonicalRequest, stringToSign: exchange.stringToSign };
}

function authParams(value) {
  const [challenge] = countersign.readChallenges(value);
  return { scheme: challenge.scheme, token68: challenge.token68, params: Object.fromEntries(challenge.params) };
}

const pairsOf = (text) => text.split("&").map((pair) => [pair.split("=")[0], pair.split("=").slice(1).join("=")]);
const count = (pairs, [name, value]) => pairs.filter((pair) => pair[0] === name && pair[1] === value).length;

function failures(vector) {
  const { expect } = vector;
  let result;
  try {
    result = run(vector);
  } catch (why) {
    return why.kind === expect.error ? [] : [`fails with ${why.kind ?? why}: ${why.message}`];
  }
  if (expect.error) return [`does not fail with ${expect.error}`];
  const { request, toProxy, canonicalRequest, stringToSign } = result;
  const found = [];
  const same = (what, actual, expected) => {
    if (expected !== undefined && actual !== expected) found.push(`${what} is ${actual}, not ${expected}`);
  };
  const values = (name) => request.headers.filter(([known]) => known === name.toLowerCase()).map(([, value]) => value);
  // An empty path is sent as `/`, and hosts compare without case.
  if (expect.uri !== undefined && new URL(request.url).href !== new URL(expect.uri).href) same("the URI", request.url, expect.uri);
  for (const [name, value] of expect.headers ?? []) same(name, values(name).join(" | "), value);
  for (const name of expect.absent_headers ?? []) same(name, values(name).length, 0);
  same("the canonical request", canonicalRequest, expect.canonical_request);
  same("the string to sign", stringToSign, expect.string_to_sign);
  if (expect.auth_params) {
    const read = authParams(values(toProxy ? "proxy-authorization" : "authorization")[0] ?? "");
    same("the scheme", read.scheme, expect.auth_params.scheme);
    for (const [name, value] of Object.entries(expect.auth_params.params ?? {})) same(name, read.params[name], value);
    for (const name of expect.auth_params.absent ?? []) same(name, read.params[name], undefined);
  }
  const query = pairsOf(request.url.split("#")[0].split("?").slice(1).join("?"));
  for (const pair of expect.query ?? []) same(pair.join("="), count(query, pair), count(expect.query, pair));
  const body = Buffer.from(request.body);
  for (const pair of expect.form ?? []) same(pair.join("="), count(pairsOf(body.toString()), pair), count(expect.form, pair));
  same("the body", body.toString("base64"), expect.body === undefined ? expect.body_base64 : Buffer.from(expect.body).toString("base64"));
  return found;
}

const passed = {};
let failed = 0;
let skipped = 0;
for (const file of files) {
  const { scheme, vectors } = JSON.parse(fs.readFileSync(file, "utf8"));
  for (const vector of vectors) {
    // The package is without RSA.
    if (String(vector.config.signature_method).startsWith("RSA")) {
      skipped += 1;
      continue;
    }
    const found = failures(vector);
    if (found.length === 0) {
      passed[scheme] = (passed[scheme] ?? 0) + 1;
    } else {
      failed += 1;
      console.error(`${path.basename(file)} ${vector.name}: ${found.join("; ")}`);
    }
  }
}
for (const scheme of ["api-key", "aws-sigv4", "basic", "bearer", "digest", "edgegrid", "hawk", "ntlm", "oauth1", "oauth2"]) {
  if (!passed[scheme]) {
    failed += 1;
    console.error(`no vector of ${scheme} passed`);
  }
}
const total = Object.values(passed).reduce((sum, number) => sum + number, 0);
console.log(`${total} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);
