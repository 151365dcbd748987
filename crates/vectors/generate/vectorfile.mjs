// Writes one file of signature vectors, in the layout of vectorfile.py.

import { readFileSync, writeFileSync } from "node:fs";

/** The installed version of a package. */
export function version(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
}

/** Writes data/NAME.json. `source` says which program computed the expected values, with its version. */
export function write(name, scheme, source, vectors) {
  const names = vectors.map((vector) => vector.name);
  const twice = names.filter((one, index) => names.indexOf(one) !== index);
  if (twice.length) throw new Error(`${name}: names occur twice: ${twice}`);
  // What is written here was computed by a peer.
  const document = { format: 1, scheme, kind: "peer", source, vectors };
  writeFileSync(new URL(`../data/${name}.json`, import.meta.url), JSON.stringify(document, null, 1) + "\n");
  console.log(`${name}.json: ${vectors.length} vectors`);
}
