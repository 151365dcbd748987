"use strict";
// The page's whole script. WASM is the module in base64, which the build puts in.
const WASM = "@WASM@";

const byId = (id) => document.getElementById(id);
const ready = wasm_bindgen({ module_or_path: Uint8Array.from(atob(WASM), (character) => character.charCodeAt(0)) });

async function explain() {
  const [out, error] = [byId("out"), byId("error")];
  error.textContent = "";
  out.replaceChildren();
  try {
    await ready;
    // Every text in it was escaped where it was made.
    out.innerHTML = wasm_bindgen.why(byId("request").value, byId("says").value, byId("signed").value);
    out.focus();
  } catch (why) {
    error.textContent = why.message ?? String(why);
  }
}

const EXAMPLE = {
  request: `curl 'https://es.us-east-1.amazonaws.com/_search/%3Fa=b%20c' \\
  -H 'Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20151227/us-east-1/es/aws4_request, SignedHeaders=host;x-amz-date, Signature=7' \\
  -H 'X-Amz-Date: 20151227T231859Z'`,
  says: "",
  signed: "GET\n/_search/%3Fa%3Db%20c\n\nhost:es.us-east-1.amazonaws.com\nx-amz-date:20151227T231859Z\n\nhost;x-amz-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
};

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  explain();
});
byId("form").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    explain();
  }
});
byId("form").addEventListener("reset", () => byId("out").replaceChildren());
byId("example").addEventListener("click", () => {
  for (const [id, text] of Object.entries(EXAMPLE)) byId(id).value = text;
  explain();
});
