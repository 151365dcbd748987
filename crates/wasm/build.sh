#!/usr/bin/env bash
# Builds the npm package into OUT: `build.sh OUT`. Needs the target wasm32-unknown-unknown and wasm-bindgen of Cargo.lock's version.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-$PWD/target}"

cargo build --quiet --profile wasm --package countersign-wasm --target wasm32-unknown-unknown
wasm="$target/wasm32-unknown-unknown/wasm/countersign_wasm.wasm"
rm -rf "$out"
wasm-bindgen --target nodejs --out-dir "$out/node" --out-name countersign "$wasm"
wasm-bindgen --target web --out-dir "$out/web" --out-name countersign "$wasm"
cp crates/wasm/package.json crates/wasm/README.md crates/wasm/fetch.js crates/wasm/fetch.d.ts LICENSE-MIT LICENSE-APACHE "$out"
# What node loads is CommonJS, what browsers load is a module.
echo '{ "type": "commonjs" }' > "$out/node/package.json"
echo '{ "type": "module" }' > "$out/web/package.json"
ls -l "$out/node/countersign_bg.wasm"
