#!/bin/sh
# Starts ntlm_pyspnego.py on 127.0.0.1:PORT and prints its pid. usage: start.sh PORT WORKDIR [CERTIFICATE_HASH_HEX]   stop: kill PID
# User DOMAIN\Mufasa, password "Circle of Life".
set -eu
PORT=${1:?port}; W=${2:?work dir}; here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$W"; W=$(cd "$W" && pwd)
# One environment for all runs: it takes a while to make.
V=${TMPDIR:-/tmp}/countersign-pyspnego-0.12.4
(
  flock 9
  [ -e "$V/ready" ] || { python3 -m venv "$V" && "$V/bin/pip" -q --disable-pip-version-check install pyspnego==0.12.4 && touch "$V/ready"; }
) 9>"$V.lock" >&2
printf 'DOMAIN:Mufasa:Circle of Life\n' > "$W/users"
setsid "$V/bin/python" "$here/ntlm_pyspnego.py" "$PORT" "$W/users" ${3:-} >"$W/log" 2>&1 </dev/null &
PID=$!
i=0
until curl -s -o /dev/null "http://127.0.0.1:$PORT/ntlm"; do
  i=$((i + 1)); if [ $i -gt 100 ] || ! kill -0 $PID 2>/dev/null; then cat "$W/log" >&2; kill $PID 2>/dev/null; exit 1; fi
  sleep 0.1
done
echo $PID
