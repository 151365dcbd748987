// EdgeGrid, computed with Akamai's own Node client (see package.json): npm ci && node edgegrid_node.mjs
//
// Its `generateAuth` is reached by path, for the package does not export it. It signs all headers that it is told to, in the order that it is told, so those to sign are given in order, with their values.

import { createRequire } from "node:module";
import { version, write } from "./vectorfile.mjs";

const auth = createRequire(import.meta.url)(new URL("node_modules/akamai-edgegrid/src/auth.js", import.meta.url).pathname);
const NOW = 1700000000;
const TIMESTAMP = "20231114T22:13:20+0000";
const NONCE = "7f4c2a5e-40f5-4bd3-9c0a-2b6b1a4a9c11";
const HOST = "https://akab-node.luna.akamaiapis.net";
const TOKENS = { access_token: "akab-access", client_token: "akab-client", client_secret: "c2VjcmV0+/=" };

function vector(name, { method = "GET", path = "/papi/v1/groups", headers = [], body } = {}, config = {}) {
  config = { type: "edgegrid", ...TOKENS, ...config };
  const find = (wanted) => headers.find(([key]) => key.toLowerCase() === wanted.toLowerCase());
  const signed = (config.headers_to_sign ?? []).map((key) => [key, find(key)?.[1]]).filter(([, value]) => value);
  const request = { method, path, body, headers: {}, headersToSign: Object.fromEntries(signed) };
  auth.generateAuth(request, config.client_token, config.client_secret, config.access_token, HOST, undefined, NONCE, TIMESTAMP);
  const asked = { method, uri: HOST + path };
  if (headers.length) asked.headers = headers;
  if (body !== undefined) asked.body = body;
  const expect = { headers: [["Authorization", request.headers.Authorization]] };
  return { name, config, context: { unix_time: NOW, nonce: NONCE }, request: asked, expect };
}

const headers = [["X-B", "two   words"], ["X-A", "one"]];
write("edgegrid-node", "edgegrid", `akamai-edgegrid ${version("akamai-edgegrid")} (npm)`, [
  vector("get"),
  vector("root", { path: "/" }),
  vector("query", { path: "/papi/v1/search?q=a%20b&q=%C3%BC&z" }),
  vector("encoded-path", { path: "/a%2Fb/c%20d;e" }),
  ...["PUT", "PATCH", "DELETE", "HEAD"].map((method) => vector(method.toLowerCase(), { method })),
  vector("put-body", { method: "PUT", body: '{"a":1}' }),
  vector("post", { method: "POST", body: '{"a":"text"}' }),
  vector("post-empty", { method: "POST" }),
  vector("post-long", { method: "POST", body: "y".repeat(131073) }),
  vector("headers", { headers }, { headers_to_sign: ["X-A", "X-B"] }),
  vector("headers-other-order", { headers }, { headers_to_sign: ["x-b", "x-a", "x-c"] }),
  vector("headers-post", { headers, method: "POST", body: "z" }, { headers_to_sign: ["X-A"] }),
]);
