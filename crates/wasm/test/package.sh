#!/usr/bin/env bash
# Tries the npm package as a new user would: `package.sh PACKAGE` packs it, installs the file in an empty project, signs there by `require`
# and by `import`, converses with a server around `fetch`, and lets TypeScript check its types.
set -euo pipefail
package=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
cd "$project"
npm pack --silent --pack-destination . "$package" >/dev/null
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund ./countersign-wasm-*.tgz typescript@5.9.3
cp "$here/user.cjs" "$here/user.mjs" "$here/user.ts" .
node user.cjs
node user.mjs
npx --no-install tsc --noEmit --strict --target es2022 --module nodenext --moduleResolution nodenext --lib es2022,dom user.ts
echo "the types hold"
