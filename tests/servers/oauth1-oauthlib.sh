#!/bin/sh
# Starts oauth1_oauthlib.py on 127.0.0.1:PORT and prints its pid. usage: start.sh PORT WORKDIR   stop: kill PID
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/python.sh"
start_python oauthlib "${1:?port}" "${2:?work dir}" "oauthlib==4.0.1 cryptography==50.0.2 PyJWT==2.15.1" "$here/oauth1_oauthlib.py" "$1"
