// Hawk, computed with its reference implementation, the npm package hawk (see package.json): npm ci && node hawk_reference.mjs
//
// The reference client takes a whole URI and no Host header, and leaves lower-casing of hosts to its URI parser.

import * as hawkModule from "hawk";
import { version, write } from "./vectorfile.mjs";

const Hawk = hawkModule.default ?? hawkModule;
const NOW = 1353832234;
const NONCE = "j4h3g2";
const CREDENTIALS = { id: "dh37fgj492je", key: "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn" };

function vector(name, config, { method = "GET", uri = "http://example.com:8000/resource/1?b=1&a=2", headers = [], body } = {}, comment) {
  config = { type: "hawk", ...CREDENTIALS, ...config };
  const contentType = headers.find(([key]) => key === "Content-Type")?.[1];
  const options = {
    credentials: { id: config.id, key: config.key, algorithm: config.algorithm ?? "sha256" },
    ext: config.ext,
    timestamp: config.timestamp ?? NOW,
    nonce: config.nonce || NONCE,
    app: config.app,
    dlg: config.dlg,
    contentType,
  };
  if (config.include_payload_hash) options.payload = body ?? "";
  const { header, artifacts } = Hawk.client.header(uri, method, options);
  const params = Object.fromEntries([...header.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value.replace(/\\(.)/g, "$1")]));
  const absent = ["hash", "ext", "app", "dlg"].filter((key) => !(key in params));
  const request = { method, uri };
  if (headers.length) request.headers = headers;
  if (body !== undefined) request.body = body;
  const expect = {
    auth_params: { scheme: "Hawk", params, absent },
    string_to_sign: Hawk.crypto.generateNormalizedString("header", artifacts),
  };
  if (!config.ext?.match(/["\\]/)) expect.headers = [["Authorization", header]];
  const built = { name, config, context: { unix_time: NOW, nonce: NONCE }, request, expect };
  return comment ? { name, comment, ...built } : built;
}

/** The reference server, whose clock is `skew` seconds ahead, refuses the first request; the second is signed by its time. */
async function skewed(name, config, skew, request = {}) {
  const first = vector(name, config, request);
  const { uri, method, body } = first.request;
  const { hostname, port, pathname, search } = new URL(uri);
  const credentials = { id: first.config.id, key: first.config.key, algorithm: first.config.algorithm };
  const [[, authorization]] = first.expect.headers;
  const received = { method, url: pathname + search, host: hostname, port: Number(port), authorization };
  // The server's clock cannot be set, only moved: half a second is for what passes until it looks.
  const localtimeOffsetMsec = (NOW + skew) * 1000 + 500 - Date.now();
  const refusal = await Hawk.server.authenticate(received, () => credentials, { localtimeOffsetMsec }).then(
    () => { throw new Error(`${name}: the server took it`); },
    (why) => why.output.headers["WWW-Authenticate"],
  );
  if (!refusal.startsWith(`Hawk ts="${NOW + skew}", tsm="`)) throw new Error(`${name}: ${refusal}`);
  const second = vector(name, { ...config, timestamp: NOW + skew }, { method, uri, headers: first.request.headers, body });
  const { expect, ...rest } = first;
  return { ...rest, responses: [{ status: 401, headers: [["WWW-Authenticate", refusal]] }], expect: second.expect };
}

const json = [["Content-Type", "application/json"]];
const uris = {
  root: "https://example.com/",
  "no-path": "https://example.com",
  "query-only": "https://example.com/?x=1",
  "empty-query": "https://example.com/p?",
  "default-port": "https://example.com:443/p",
  "http-default-port": "http://example.com:80/p",
  port: "https://example.com:8443/p",
  "upper-case-host": "http://EXAMPLE.com/Path",
  encoded: "http://example.com/a%20b/%C3%BC?q=%26&x=a+b",
  dots: "http://example.com/a/../b//c/.",
  long: `http://example.com/${"x".repeat(300)}?${"y".repeat(300)}`,
};
const vectorsOf = async (algorithm) => {
  const name = (rest) => `${algorithm}-${rest}`;
  const hash = { algorithm, include_payload_hash: true };
  return [
    ...Object.entries(uris).map(([key, uri]) => vector(name(`uri-${key}`), { algorithm }, { uri })),
    ...["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "post"].map((method) => vector(name(`method-${method === "post" ? "lower-case" : method.toLowerCase()}`), { algorithm }, { method })),
    vector(name("specification"), { algorithm, ext: "some-app-ext-data" }),
    vector(name("payload"), hash, { method: "POST", headers: json, body: '{"a":"ü€"}' }),
    vector(name("payload-form"), hash, { method: "POST", headers: [["Content-Type", "application/x-www-form-urlencoded"]], body: "a=1&b=2" }),
    vector(name("payload-media-type"), hash, { method: "POST", headers: [["Content-Type", " Text/PLAIN ; charset=utf-8; q=1"]], body: "Thank you for flying Hawk" }),
    vector(name("payload-no-media-type"), hash, { method: "POST", body: "abc" }),
    vector(name("payload-empty"), hash, { method: "POST", headers: json }, "The empty body is hashed."),
    vector(name("payload-get"), hash),
    vector(name("payload-long"), hash, { method: "PUT", body: "0123456789abcdef".repeat(300) }),
    vector(name("payload-not-asked-for"), { algorithm }, { method: "POST", headers: json, body: "{}" }),
    vector(name("app"), { algorithm, app: "app id" }),
    vector(name("app-dlg"), { algorithm, app: "24s23423f34dx", dlg: "234sz34tww3sd" }),
    vector(name("dlg-alone"), { algorithm, dlg: "234sz34tww3sd" }, {}, "Without app it counts for nothing."),
    vector(name("empty-optionals"), { algorithm, ext: "", app: "", dlg: "", nonce: "" }),
    vector(name("all"), { ...hash, ext: "e x t", app: "a", dlg: "d" }, { method: "POST", headers: json, body: "{}" }),
    vector(name("ext-quotes"), { algorithm, ext: 'say "hi"' }, {}, "Escaped in the header, not in the signed text."),
    vector(name("ext-backslash"), { algorithm, ext: "a\\b\\\\c" }, {}, "Doubled in the signed text, and escaped in the header."),
    vector(name("ext-symbols"), { algorithm, ext: "!#$%&'()*+,-./:;<=>?@[]^_`{|}~" }),
    vector(name("own-time-and-nonce"), { algorithm, timestamp: 1700000000, nonce: "k3k4j5" }),
    vector(name("user"), { algorithm, user: "steve" }, {}, "A user name changes nothing."),
    vector(name("id-symbols"), { algorithm, id: "id with,=; symbols", key: "ü key" }),
    await skewed(name("skew-ahead"), { algorithm }, 3600),
    await skewed(name("skew-behind"), { algorithm, ext: "e", app: "a", dlg: "d" }, -86400),
    await skewed(name("skew-payload"), hash, 61, { method: "POST", headers: json, body: "{}" }),
  ];
};
const vectors = (await Promise.all(["sha256", "sha1"].map(vectorsOf))).flat();
write("hawk-reference", "hawk", `hawk ${version("hawk")} (npm), the reference implementation`, vectors);
