// The README's examples, by `require`.
const assert = require("node:assert");
const { explain, readChallenges, sign } = require("countersign-wasm");

const config = { type: "aws-sigv4", access_key_id: "AKIDEXAMPLE", secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const request = { url: "https://bucket.s3.eu-west-1.amazonaws.com/key.txt" };
const { headers } = sign(config, request, { unixTime: 1440938160 });
const authorization = Object.fromEntries(headers).authorization;
assert(authorization.startsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/s3/aws4_request"), authorization);
assert.equal(explain(config, request, { unixTime: 1440938160 }).canonicalRequest.split("\n")[1], "/key.txt");
assert.deepEqual(readChallenges('Digest realm="a", nonce="b"')[0].params, [["realm", "a"], ["nonce", "b"]]);
assert.throws(() => sign({ type: "basic", usrname: "a" }, request), (why) => why.kind === "invalid-config" && why.message.includes("usrname"));
console.log("require: signed, explained, read, refused");
