#!/usr/bin/env bash
# Builds the page "Why the 403?" as one file: `build.sh OUT.html`. Needs what crates/wasm/build.sh needs, and Python.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-$PWD/target}"
tools="$target/wasm-tools"
glue=$(mktemp -d)
trap 'rm -rf "$glue"' EXIT

# A panic names its file: without the folders of the machine that built it.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates"
cargo build --quiet --profile wasm --package countersign-wasm --features page --target wasm32-unknown-unknown
npm install --silent --no-audit --no-fund --prefix "$tools" binaryen@132.0.0
wasm-bindgen --target no-modules --no-typescript --out-dir "$glue" --out-name why \
  "$target/wasm32-unknown-unknown/wasm/countersign_wasm.wasm"
"$tools/node_modules/.bin/wasm-opt" -Oz --enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int \
  --enable-mutable-globals --enable-reference-types --enable-multivalue --strip-debug --strip-producers \
  "$glue/why_bg.wasm" -o "$glue/why_bg.wasm"
mkdir -p "$(dirname "$out")"
python3 - "$glue" "$out" <<'PYTHON'
import base64, pathlib, sys

glue, out = map(pathlib.Path, sys.argv[1:])
wasm = base64.b64encode((glue / "why_bg.wasm").read_bytes()).decode()
parts = {
    "/*STYLE*/": pathlib.Path("crates/explain/src/page.css").read_text("utf-8"),
    "/*GLUE*/": (glue / "why.js").read_text("utf-8"),
    "/*SCRIPT*/": pathlib.Path("web/why.js").read_text("utf-8").replace("@WASM@", wasm),
}
page = pathlib.Path("web/why.html").read_text("utf-8")
for place, text in parts.items():
    if page.count(place) != 1 or "</script" in text or "</style" in text:
        raise SystemExit(f"{place} cannot be filled")
    page = page.replace(place, text)
out.write_text(page, "utf-8")
print(f"{out.name}: {out.stat().st_size} bytes")
PYTHON
