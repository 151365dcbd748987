// OAuth 1.0a, computed with the npm package oauth-1.0a (see package.json): npm ci && node oauth1_oauth10a.mjs
//
// It reads neither `+` nor encoded names in a query, and takes forms as objects; the cases keep to what it reads.

import { createHash, createHmac } from "node:crypto";
import OAuth from "oauth-1.0a";
import { version, write } from "./vectorfile.mjs";

const NOW = 1714000000;
const NONCE = "JRzcmFFeQqTqgWyHdPVX6gHjjMVMvZwB";
const FORM = ["Content-Type", "application/x-www-form-urlencoded"];
const CONSUMER = { consumer_key: "GDdmIQH6jhtmLUypg82g", consumer_secret: "MCD8BKwGdgPHvAuvgvz4EQpqDAtx89grbuNMRd7Eh98" };
const TOKEN = { token: "819797-Jxq8aYUDRmykzVKrgoLhXSq67TEa5ruc4GJC2rWimw", token_secret: "J6zix3FfA9LofH0awS24M3HcBYXO5nI1iYe8EfBA" };

function vector(name, config, { method = "GET", uri = "https://api.example.com/1/items", headers = [], body } = {}) {
  config = { type: "oauth1", ...CONSUMER, ...config };
  const hash = config.signature_method.split("-")[1]?.toLowerCase();
  const hmac = (text, key) => createHmac(hash, key).update(text).digest("base64");
  const oauth = new OAuth({
    consumer: { key: config.consumer_key, secret: config.consumer_secret },
    signature_method: config.signature_method,
    hash_function: hash && hmac,
    body_hash_function: hash && ((text) => createHash(hash).update(text).digest("base64")),
  });
  oauth.getNonce = () => NONCE;
  oauth.getTimeStamp = () => NOW;
  const isForm = headers.some((header) => header === FORM);
  const data = isForm ? oauth.deParam(body) : (body ?? "");
  const request = { url: uri, method, data: isForm ? data : {}, includeBodyHash: false };
  if (config.include_body_hash && hash && !isForm) Object.assign(request, { data, includeBodyHash: true });
  const token = config.token === undefined ? undefined : { key: config.token, secret: config.token_secret };
  const signed = oauth.authorize(request, token);
  const protocol = Object.entries(signed).filter(([key]) => key.startsWith("oauth_"));
  const encoded = protocol.map(([key, value]) => [key, oauth.percentEncode(String(value))]);
  const expect =
    config.add_to === "request"
      ? { [isForm ? "form" : "query"]: encoded, absent_headers: ["Authorization"] }
      : { auth_params: { scheme: "OAuth", params: Object.fromEntries(encoded) } };
  if (config.signature_method !== "PLAINTEXT") {
    const { oauth_signature: _, ...unsigned } = Object.fromEntries(protocol);
    expect.string_to_sign = oauth.getBaseString(request, unsigned);
  }
  const built = { method, uri };
  if (headers.length) built.headers = headers;
  if (body !== undefined) built.body = body;
  return { name, config, context: { unix_time: NOW, nonce: NONCE }, request: built, expect };
}

const vectors = ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"].flatMap((signature_method) => {
  const name = (rest) => `${signature_method.toLowerCase()}-${rest}`;
  const config = { signature_method };
  const form = { method: "POST", headers: [FORM], body: "status=Hello%20World%21&b=2&a=1" };
  const json = { method: "POST", headers: [["Content-Type", "application/json"]], body: '{"b":[1,2],"ü":"€"}' };
  const uri = "https://api.example.com/1/items?z=1&a=%C3%BC%20%26&empty=&b=2&b=1&b=10";
  return [
    vector(name("get"), config),
    vector(name("get-token"), { ...config, ...TOKEN }),
    vector(name("query"), { ...config, ...TOKEN }, { uri }),
    vector(name("query-in-query"), { ...config, ...TOKEN, add_to: "request" }, { uri }),
    vector(name("reserved"), { ...config, ...TOKEN }, { uri: "https://api.example.com/1?q=!*'()~-._;:@,/$[]" }),
    vector(name("port"), config, { uri: "http://127.0.0.1:8080/a/b;c?d=e" }),
    vector(name("form"), { ...config, ...TOKEN }, form),
    vector(name("form-in-body"), { ...config, ...TOKEN, add_to: "request" }, form),
    vector(name("json"), { ...config, ...TOKEN }, json),
    vector(name("json-hash"), { ...config, ...TOKEN, include_body_hash: true }, json),
    vector(name("secrets"), { ...config, consumer_secret: "s&%=€", token: "t/+=", token_secret: "ü !" }),
  ];
});
write("oauth1-oauth10a", "oauth1", `oauth-1.0a ${version("oauth-1.0a")}`, vectors);
