// What Postman sends: postman-runtime runs each collection against a server on this machine, which writes down what arrives.
// npm ci && node postman_runtime.mjs > ../tests/data/postman-runtime.json

import { readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";

// Runtime reads the clock itself.
const NOW = 1440938160;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    given.length ? super(...given) : super(NOW * 1000);
  }
  static now() {
    return NOW * 1000;
  }
};

const require = createRequire(import.meta.url);
const sdk = require("postman-collection");
const { Runner } = require("postman-runtime");
const version = JSON.parse(readFileSync(new URL("node_modules/postman-runtime/package.json", import.meta.url))).version;
const PORT = 8099;
const BASE = `http://api.example.com:${PORT}`;

const list = (object) => Object.entries(object).map(([key, value]) => ({ key, value, type: typeof value === "boolean" ? "boolean" : "string" }));
const auth = (type, object) => ({ type, [type]: list(object) });
const one = (auth, request = {}, more = {}) => ({
  collection: { info: { name: "c" }, item: [{ name: "a", request: { method: "GET", url: `${BASE}/p?b=1&a=2`, auth, ...request } }], ...more },
  select: "a",
});
const values = (object) => ({ values: list(object).map((variable) => ({ ...variable, enabled: true })) });
const post = { method: "POST", body: { mode: "raw", raw: '{"a":"b c"}', options: { raw: { language: "json" } } } };
const form = { method: "POST", body: { mode: "urlencoded", urlencoded: [{ key: "c d", value: "e&f" }, { key: "off", value: "x", disabled: true }] } };
const oauth1 = { consumerKey: "ck", consumerSecret: "cs", token: "t", tokenSecret: "ts", signatureMethod: "HMAC-SHA1", timestamp: "137131201", nonce: "abc", version: "1.0" };
const aws = { accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "eu-west-1", service: "iam" };
const edgegrid = { accessToken: "at", clientToken: "ct", clientSecret: "s3cr3t", nonce: "nnn", timestamp: "20150830T12:36:00+0000" };
const hawk = { authId: "dh37", authKey: "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn", algorithm: "sha256", nonce: "j4h3g2", timestamp: "1353832234" };
const bearer = (token) => auth("bearer", { token });

const CASES = {
  "basic list": one(auth("basic", { username: "Aladdin", password: "open sesame" })),
  "basic object": one({ type: "basic", basic: { username: "u", password: "" } }),
  "basic utf-8": one(auth("basic", { username: "ä", password: "ß:€" })),
  "repeated and disabled parameters": one({ type: "basic", basic: [{ key: "username", value: "a" }, { key: "username", value: "b", disabled: true }, { key: "password", value: "p" }] }),
  "bearer": one(bearer("a.b")),
  "api key in the header": one(auth("apikey", { key: "X-Key", value: "v", in: "header" })),
  "api key in the query": one(auth("apikey", { key: "k", value: "v", in: "query" })),
  "api key without a place": one(auth("apikey", { key: "X-Key", value: "v" })),
  "oauth2 token": one(auth("oauth2", { accessToken: "t", addTokenTo: "header" })),
  "oauth2 prefix": one(auth("oauth2", { accessToken: "t", headerPrefix: " Token " })),
  "oauth2 without prefix": one(auth("oauth2", { accessToken: "t", headerPrefix: "" })),
  "oauth2 in the query": one(auth("oauth2", { accessToken: "t", addTokenTo: "queryParams" })),
  "noauth": one({ type: "noauth" }, {}, { auth: bearer("root") }),
  "null inherits": one(null, {}, { auth: bearer("root") }),
  "folder": {
    select: "f/a",
    collection: { info: { name: "c" }, auth: bearer("root"), item: [{ name: "f", auth: bearer("folder"), item: [{ name: "a", request: { url: `${BASE}/` } }] }] },
  },
  "folder without auth": {
    select: "f/a",
    collection: { info: { name: "c" }, auth: bearer("root"), item: [{ name: "f", auth: null, item: [{ name: "a", request: `${BASE}/text` }] }] },
  },
  "nobody says": one(undefined),
  "environment over collection over globals": {
    ...one(bearer("{{a}}-{{b}}-{{c}}"), {}, { variable: list({ a: "c1", b: "c2" }) }),
    environment: values({ a: "e1" }),
    globals: values({ a: "g1", b: "g2", c: "g3" }),
  },
  "nested and built names": { ...one(bearer("{{key_{{stage}}}}")), environment: values({ stage: "live", key_live: "{{deep}}", deep: "k" }) },
  "disabled variables": {
    ...one(bearer("{{a}}"), {}, { variable: [{ key: "a", value: "collection" }] }),
    environment: { values: [{ key: "a", value: "off", enabled: false }] },
  },
  "the last enabled of a name": {
    ...one(bearer("{{a}}")),
    environment: { values: [{ key: "a", value: "1" }, { key: "a", value: "2" }, { key: "a", value: "3", enabled: false }] },
  },
  "values that are no texts": { ...one(bearer("{{n}}-{{b}}")), environment: { values: [{ key: "n", value: 7, type: "any" }, { key: "b", value: true, type: "any" }] } },
  "url from its parts": one(bearer("t"), {
    url: { protocol: "http", host: ["api", "example", "com"], port: `${PORT}`, path: ["a", ":id", "b c"], query: [{ key: "x", value: "1 2" }, { key: "off", value: "1", disabled: true }, { key: "y", value: null }], variable: [{ key: "id", value: "7" }] },
  }),
  "variables in url, header and body": {
    ...one(bearer("t"), { url: "{{host}}/{{path}}?q={{q}}", header: [{ key: "X-{{n}}", value: "{{v}}" }, { key: "off", value: "x", disabled: true }], method: "POST", body: { mode: "raw", raw: "{{v}}" } }),
    environment: values({ host: BASE, path: "p", q: "1", n: "Name", v: "value" }),
  },
  "variables in a form": { ...one(bearer("t"), { method: "POST", body: { mode: "urlencoded", urlencoded: [{ key: "a", value: "{{v}}" }] } }), environment: values({ v: "x&y" }) },
  "graphql": one(bearer("t"), { method: "POST", body: { mode: "graphql", graphql: { query: "{ a }", variables: '{"x":1}' } } }),
  "hawk": one(auth("hawk", hawk)),
  "hawk with everything": one(auth("hawk", { ...hawk, algorithm: "sha1", extraData: "some data", app: "app", delegation: "dlg" })),
  "hawk payload": one(auth("hawk", { ...hawk, includePayloadHash: true }), post),
  "hawk payload of nothing": one(auth("hawk", { ...hawk, includePayloadHash: true })),
  "a header in place of auth": one({ type: "noauth" }, { header: [{ key: "Authorization", value: "Bearer {{t}}" }] }, { variable: list({ t: "x" }) }),
  "a header beside auth": one(bearer("t"), { header: [{ key: "authorization", value: "Basic dTpw" }, { key: "X", value: "y" }] }),
  "an api key beside a header": one(auth("apikey", { key: "X-Key", value: "v" }), { header: [{ key: "Authorization", value: "Bearer t" }] }),
  "oauth1 header": one(auth("oauth1", { ...oauth1, addParamsToHeader: true, realm: "Photos" })),
  "oauth1 without version": one(auth("oauth1", { ...oauth1, version: "", addParamsToHeader: true })),
  "oauth1 sha-256": one(auth("oauth1", { ...oauth1, signatureMethod: "HMAC-SHA256", addParamsToHeader: true })),
  "oauth1 plaintext": one(auth("oauth1", { ...oauth1, signatureMethod: "PLAINTEXT", addParamsToHeader: true })),
  "oauth1 in the query": one(auth("oauth1", oauth1)),
  "oauth1 in the form": one(auth("oauth1", oauth1), form),
  "oauth1 form in the header": one(auth("oauth1", { ...oauth1, addParamsToHeader: true }), form),
  "oauth1 body hash": one(auth("oauth1", { ...oauth1, includeBodyHash: true, addParamsToHeader: true }), post),
  "oauth1 callback and verifier": one(auth("oauth1", { ...oauth1, callback: "https://h/cb", verifier: "v", addParamsToHeader: true })),
  "oauth1 without header encoding": one(auth("oauth1", { ...oauth1, disableHeaderEncoding: true, addParamsToHeader: true })),
  "digest with a known challenge": one(auth("digest", { username: "Mufasa", password: "Circle of Life", realm: "r", nonce: "n", algorithm: "MD5", qop: "auth", nonceCount: "0000000a", clientNonce: "c", opaque: "o" })),
  "digest sha-256": one(auth("digest", { username: "Mufasa", password: "Circle of Life", realm: "r", nonce: "n", algorithm: "SHA-256", qop: "auth", nonceCount: "00000001", clientNonce: "c" })),
  "digest as in RFC 2069": one(auth("digest", { username: "Mufasa", password: "Circle of Life", realm: "r", nonce: "n" })),
  "sigv4": one(auth("awsv4", aws)),
  "sigv4 post": one(auth("awsv4", { ...aws, sessionToken: "session" }), post),
  "sigv4 in the query": one(auth("awsv4", { ...aws, addAuthDataToQuery: true })),
  "sigv4 defaults": one(auth("awsv4", { accessKey: aws.accessKey, secretKey: aws.secretKey })),
  "edgegrid": one(auth("edgegrid", edgegrid)),
  "edgegrid post": one(auth("edgegrid", { ...edgegrid, headersToSign: "X-A, X-B", maxBodySize: "5" }), { ...post, header: [{ key: "X-A", value: "a  b" }] }),
  "edgegrid with a base url": one(auth("edgegrid", { ...edgegrid, baseURL: "https://other.example" })),
};

let arrived;
const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const headers = [];
    for (let index = 0; index < request.rawHeaders.length; index += 2) headers.push(request.rawHeaders.slice(index, index + 2));
    arrived = { method: request.method, url: `http://${request.headers.host}${request.url}`, headers, body: Buffer.concat(chunks).toString() };
    response.end("ok");
  });
});
await new Promise((ready) => server.listen(PORT, "127.0.0.1", ready));

// An exported variable is `enabled` or not; Postman's own programs turn that into `disabled` before they run anything.
const scope = (file) => file && new sdk.VariableScope({ values: file.values.map(({ enabled, ...rest }) => ({ ...rest, disabled: enabled === false })) });

function run({ collection, environment, globals }) {
  return new Promise((resolve, reject) => {
    const options = {
      environment: scope(environment),
      globals: scope(globals),
      requester: { network: { hostLookup: { type: "hostIpMap", hostIpMap: { "api.example.com": "127.0.0.1" } } } },
      network: { hostLookup: { type: "hostIpMap", hostIpMap: { "api.example.com": "127.0.0.1" } } },
    };
    new Runner().run(new sdk.Collection(collection), options, (why, run) => {
      if (why) return reject(why);
      let failure;
      run.start({ request: (why) => (failure = why), done: (why) => (why || failure ? reject(why || failure) : resolve()) });
    });
  });
}

const cases = [];
for (const [name, given] of Object.entries(CASES)) {
  arrived = undefined;
  await run(given);
  cases.push({ name, ...given, arrived });
}
server.close();
console.log(JSON.stringify({ source: `postman-runtime ${version}`, unix_time: NOW, cases }, null, 1));
