#!/bin/sh
# Starts hawk/server.mjs on 127.0.0.1:PORT and prints its pid. usage: start.sh PORT WORKDIR   stop: kill PID
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/node.sh"
start_node "$here/hawk" "${1:?port}" "${2:?work dir}" server.mjs "$1"
