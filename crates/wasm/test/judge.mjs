// Runs one signature vector against the package, in Node and in browsers alike.

const hexBytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const base64Bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const textBytes = (text) => new TextEncoder().encode(text);
const shown = (bytes) => bytes && [...bytes].map((byte) => String.fromCharCode(byte)).join("");
const bodyOf = (message) => (message.body_base64 === undefined ? message.body : base64Bytes(message.body_base64));

function contextOf(vector) {
  const { unix_time: unixTime, nonce, session_key: sessionKey } = vector.context ?? {};
  const explain = true;
  if (vector.config.type !== "ntlm") return { unixTime, nonce, explain };
  // NTLM draws its client challenge first, then its exported session key.
  return { unixTime, explain, random: nonce === undefined ? undefined : hexBytes(nonce + (sessionKey ?? "")) };
}

/** The last request that goes out, and how it was reached. */
function run(countersign, vector) {
  const context = contextOf(vector);
  const request = { ...vector.request, url: vector.request.uri, body: bodyOf(vector.request) };
  const replies = vector.responses ?? [];
  if (replies.length === 0 && vector.expect.error === "needs-exchange") {
    return { request: countersign.sign(vector.config, request, context) };
  }
  const exchange = countersign.start(vector.config, request, context);
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

const pairsOf = (text) => text.split("&").map((pair) => [pair.split("=")[0], pair.split("=").slice(1).join("=")]);
const count = (pairs, [name, value]) => pairs.filter((pair) => pair[0] === name && pair[1] === value).length;

/** What is not as the vector says: a list of sentences, empty when the vector passes. */
export function failures(countersign, vector) {
  const { expect } = vector;
  let result;
  try {
    result = run(countersign, vector);
  } catch (why) {
    return why.kind !== undefined && why.kind === expect.error ? [] : [`fails with ${why.kind ?? why}: ${why.message}`];
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
    const read = authParams(countersign, values(toProxy ? "proxy-authorization" : "authorization")[0] ?? "");
    same("the scheme", read.scheme, expect.auth_params.scheme);
    for (const [name, value] of Object.entries(expect.auth_params.params ?? {})) same(name, read.params[name] ?? null, value);
    for (const name of expect.auth_params.absent ?? []) if (name in read.params) found.push(`${name} is there`);
  }
  const query = pairsOf(request.url.split("#")[0].split("?").slice(1).join("?"));
  for (const pair of expect.query ?? []) same(pair.join("="), count(query, pair), count(expect.query, pair));
  const form = pairsOf(shown(request.body));
  for (const pair of expect.form ?? []) same(pair.join("="), count(form, pair), count(expect.form, pair));
  const body = expect.body === undefined ? expect.body_base64 && base64Bytes(expect.body_base64) : textBytes(expect.body);
  same("the body", shown(request.body), shown(body));
  return found;
}

/** EdgeGrid separates its parameters by semicolons, all others by commas. */
function authParams(countersign, value) {
  if (value.startsWith("EG1-")) {
    const [scheme, params] = value.split(" ");
    const pairs = params.split(";").filter(Boolean).map((param) => [param.split("=")[0], param.split("=").slice(1).join("=")]);
    return { scheme, params: Object.fromEntries(pairs) };
  }
  const [challenge] = countersign.readChallenges(value);
  return { scheme: challenge.scheme, params: Object.fromEntries(challenge.params) };
}

const SCHEMES = ["all", "api-key", "aws-sigv4", "basic", "bearer", "digest", "edgegrid", "hawk", "ntlm", "oauth1", "oauth2"];

/** Runs files of vectors, each `{ name, scheme, vectors }`; a scheme without any vector that passed is a failure too. */
export function runAll(countersign, files) {
  const passed = {};
  const failed = [];
  let skipped = 0;
  for (const { name, scheme, vectors } of files) {
    for (const vector of vectors) {
      // The package is without RSA.
      if (String(vector.config.signature_method).startsWith("RSA")) {
        skipped += 1;
        continue;
      }
      const found = failures(countersign, vector);
      if (found.length === 0) passed[scheme] = (passed[scheme] ?? 0) + 1;
      else failed.push(`${name} ${vector.name}: ${found.join("; ")}`);
    }
  }
  for (const scheme of SCHEMES) if (!passed[scheme]) failed.push(`no vector of ${scheme} passed`);
  return { passed: Object.values(passed).reduce((sum, number) => sum + number, 0), failed, skipped };
}
