// Compiled, not run: what the types promise.
import { Authenticator, explain, readChallenges, sign, start } from "countersign-wasm";
import type { Challenge, Explained, SignedRequest } from "countersign-wasm";
import { fetchWith } from "countersign-wasm/fetch";

const config = { type: "basic", username: "a", password: "b" };
const signed: SignedRequest = sign(config, { url: "https://example.com/", headers: { Accept: "*/*" } }, { unixTime: 1 });
const explained: Explained = explain(config, { url: "https://example.com/" });
const challenges: Challenge[] = readChallenges("Basic realm=\"a\"");
const exchange = start(config, { url: "https://example.com/", body: new Uint8Array() });
if ("send" in exchange.step) exchange.onResponse({ status: 200, headers: [["a", "b"]] });
const response: Promise<Response> = fetchWith(new Authenticator(config), new URL("https://example.com/"), { method: "POST" });
// @ts-expect-error a request needs a URL
sign(config, { method: "GET" });
export { challenges, explained, response, signed };
