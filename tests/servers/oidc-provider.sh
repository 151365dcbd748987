#!/bin/sh
# Starts oidc-provider/server.mjs on 127.0.0.1:PORT and prints its pid. usage: start.sh PORT WORKDIR [TTL_SECONDS]   stop: kill PID
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/node.sh"
start_node "$here/oidc-provider" "${1:?port}" "${2:?work dir}" server.mjs "$1" ${3:-}
