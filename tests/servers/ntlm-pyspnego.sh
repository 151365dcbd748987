#!/bin/sh
# Starts ntlm_pyspnego.py on 127.0.0.1:PORT and prints its pid. usage: start.sh PORT WORKDIR [CERTIFICATE_HASH_HEX]   stop: kill PID
# User DOMAIN\Mufasa, password "Circle of Life".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/python.sh"
PORT=${1:?port}; W=${2:?work dir}
mkdir -p "$W"
printf 'DOMAIN:Mufasa:Circle of Life\n' > "$W/users"
start_python pyspnego "$PORT" "$W" pyspnego==0.12.4 "$here/ntlm_pyspnego.py" "$PORT" "$W/users" ${3:-}
