#!/usr/bin/env bash
# Builds the npm package into OUT: `build.sh OUT`. Needs the target wasm32-unknown-unknown, wasm-bindgen of Cargo.lock's version, and
# npm, which brings wasm-opt. Prints the module's size, and fails when it has grown.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-$PWD/target}"
tools="$target/wasm-tools"

# A panic names its file: without the folders of the machine that built it.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates"
cargo build --quiet --profile wasm --package countersign-wasm --target wasm32-unknown-unknown
wasm="$target/wasm32-unknown-unknown/wasm/countersign_wasm.wasm"
npm install --silent --no-audit --no-fund --prefix "$tools" binaryen@132.0.0
rm -rf "$out"
for kind in node web; do
  [ "$kind" = node ] && js=nodejs || js=web
  wasm-bindgen --target "$js" --out-dir "$out/$kind" --out-name countersign "$wasm"
  # What every browser has had since 2022.
  "$tools/node_modules/.bin/wasm-opt" -Oz --enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int \
    --enable-mutable-globals --enable-reference-types --enable-multivalue --strip-debug --strip-producers \
    "$out/$kind/countersign_bg.wasm" -o "$out/$kind/countersign_bg.wasm"
done
cp crates/wasm/package.json crates/wasm/README.md crates/wasm/fetch.js crates/wasm/fetch.d.ts LICENSE-MIT LICENSE-APACHE "$out"
# What node loads is CommonJS, what browsers load is a module.
echo '{ "type": "commonjs" }' > "$out/node/package.json"
echo '{ "type": "module" }' > "$out/web/package.json"

size=$(stat -c %s "$out/web/countersign_bg.wasm")
zipped=$(gzip -9 -c "$out/web/countersign_bg.wasm" | wc -c)
echo "countersign_bg.wasm: $size bytes, $zipped gzipped"
# A little above what it was last; lower it when the module gets smaller.
[ "$size" -le 730000 ] && [ "$zipped" -le 315000 ] || { echo "the module has grown: look at what weighs, or raise the limit" >&2; exit 1; }
