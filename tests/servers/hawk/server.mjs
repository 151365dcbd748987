// A server over the reference implementation of Hawk: usage server.mjs PORT. Listens on 127.0.0.1 only.
//
// Id "dh37fgj492je". /resource checks the payload's hash and takes each nonce once; /bewit takes a bewit; /skewed has a clock that
// is an hour ahead; /forged proves its reply by another key. Replies echo the body, and prove it.

import http from "node:http";
import * as hawkModule from "hawk";

const Hawk = hawkModule.default ?? hawkModule;
const CREDENTIALS = { id: "dh37fgj492je", key: "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn", algorithm: "sha256" };
const seen = new Set();

async function lookup(id) {
  return id === CREDENTIALS.id ? CREDENTIALS : null;
}

async function nonceFunc(key, nonce, ts) {
  const one = `${nonce} ${ts}`;
  if (seen.has(one)) throw new Error("seen before");
  seen.add(one);
}

async function answer(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const payload = Buffer.concat(chunks).toString();
  try {
    if (request.url.startsWith("/bewit")) {
      const { attributes } = await Hawk.server.authenticateBewit(request, lookup);
      return response.writeHead(200, { "Content-Type": "text/plain" }).end(`bewit ${attributes.ext}`);
    }
    const localtimeOffsetMsec = request.url.startsWith("/skewed") ? 3600_000 : 0;
    const options = { nonceFunc, localtimeOffsetMsec };
    if (request.method === "POST") options.payload = payload;
    const { credentials, artifacts } = await Hawk.server.authenticate(request, lookup, options);
    const text = `${request.method} ${payload}`;
    const proving = request.url.startsWith("/forged") ? { ...credentials, key: "another" } : credentials;
    const contentType = "text/plain; charset=utf-8";
    const proof = Hawk.server.header(proving, artifacts, { payload: text, contentType, ext: "from the server" });
    response.writeHead(200, { "Content-Type": contentType, "Server-Authorization": proof }).end(text);
  } catch (why) {
    const output = why.output ?? { statusCode: 500, headers: {} };
    response.writeHead(output.statusCode, output.headers).end(why.message);
  }
}

http.createServer(answer).listen(Number(process.argv[2]), "127.0.0.1");
