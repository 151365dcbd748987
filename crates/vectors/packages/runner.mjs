// Holds hawk and oauth-1.0a against vectors that others computed: an example of a runner in JavaScript.
import assert from "node:assert";
import { createHmac } from "node:crypto";
import { read } from "countersign-vectors";
import hawkModule from "hawk";
import OAuth from "oauth-1.0a";

const value = (request, name) => request.headers?.find(([known]) => known === name)?.[1];

function hawk({ id, key, algorithm = "sha256", ext, app, dlg, include_payload_hash: hashes }, { unix_time: timestamp, nonce }, request) {
  const payload = hashes ? { payload: request.body, contentType: value(request, "Content-Type") } : {};
  const options = { credentials: { id, key, algorithm }, timestamp, nonce, ext, app, dlg, ...payload };
  return hawkModule.client.header(request.uri, request.method, options).header;
}

function oauth1({ consumer_key: key, consumer_secret: secret, token, token_secret, signature_method = "HMAC-SHA1" }, context, { method, uri: url }) {
  const hash_function = (text, with_key) => createHmac(signature_method.slice("HMAC-".length), with_key).update(text).digest("base64");
  const oauth = Object.assign(new OAuth({ consumer: { key, secret }, signature_method, hash_function }), { getNonce: () => context.nonce });
  oauth.getTimeStamp = () => context.unix_time;
  return oauth.toHeader(oauth.authorize({ method, url, data: {} }, token && { key: token, secret: token_secret })).Authorization;
}

// Left out: the reference takes no Host header; oauth-1.0a signs in the header, forms as objects only, and does not tidy URIs.
const FIELDS = ["type", "signature_method", "consumer_key", "consumer_secret", "token", "token_secret"];
const isPlain = ({ name, config, request }) => Object.keys(config).every((field) => FIELDS.includes(field)) &&
  !/^uri-|^rsa|^plain/.test(name) && !request.headers && !request.body && !/[?].*[+%;]/.test(request.uri);
for (const [file, sign, takes] of [["hawk-mohawk", hawk, ({ request }) => !value(request, "Host")], ["oauth1-oauthlib", oauth1, isPlain]]) {
  const vectors = read(file).vectors.filter(takes);
  for (const { name, config, context, request, expect } of vectors) {
    const sent = Object.fromEntries([...sign(config, context, request).matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]));
    for (const [key, text] of Object.entries(expect.auth_params.params)) assert.equal(sent[key], text, `${file} ${name}: ${key}`);
  }
  assert(vectors.length > 10);
  console.log(`${file}: ${vectors.length} passed`);
}
