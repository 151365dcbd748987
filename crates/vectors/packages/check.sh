#!/usr/bin/env bash
# Installs what build.sh built into empty environments, and runs the runners there: `check.sh OUT`.
set -euo pipefail
out=$(realpath "$1")
cd "$(dirname "$0")"
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT

python3 -m venv "$clean/python"
"$clean/python/bin/pip" --quiet --disable-pip-version-check install "$out"/*.whl mohawk==1.1.0 oauthlib==4.0.1
(cd "$clean" && "$clean/python/bin/python" "$OLDPWD/runner.py")

mkdir "$clean/node"
cp runner.mjs "$clean/node"
(cd "$clean/node" && npm init --yes >/dev/null && npm install --silent --no-audit --no-fund "$out"/*.tgz hawk@9.0.2 oauth-1.0a@2.2.6 && node runner.mjs)
