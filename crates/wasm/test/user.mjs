// A conversation around `fetch`, in one line, with a server of Digest (RFC 7616) that is written here on its own.
import assert from "node:assert";
import { createHash } from "node:crypto";
import { createServer } from "node:http";

import countersign from "countersign-wasm";
import fetchWith from "countersign-wasm/fetch";

const hash = (text) => createHash("sha256").update(text).digest("hex");
let asked = 0;
const server = createServer((request, response) => {
  asked += 1;
  const given = Object.fromEntries([...(request.headers.authorization ?? "").matchAll(/(\w+)="?([^",]*)"?/g)].map(([, name, value]) => [name, value]));
  const ha1 = hash("Mufasa:r:Circle of Life");
  const expected = hash(`${ha1}:n:${given.nc}:${given.cnonce}:auth:${hash(`${request.method}:${request.url}`)}`);
  if (given.response === expected) return response.end("welcome");
  response.writeHead(401, { "www-authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256' }).end();
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}/a?b=c`;

const auth = new countersign.Authenticator({ type: "digest", username: "Mufasa", password: "Circle of Life" });
const response = await fetchWith.fetchWith(auth, url);
assert.equal(await response.text(), "welcome");
assert.equal(asked, 2);
const wrong = new countersign.Authenticator({ type: "digest", username: "Mufasa", password: "wrong" });
const refused = await fetchWith.fetchWith(wrong, url).then((reply) => reply.status, (why) => why.kind);
assert([401, "rejected"].includes(refused), refused);
server.close();
console.log("import: a Digest server was answered, and a wrong password refused");
