#!/bin/sh
# Starts oauth2_authlib.py on 127.0.0.1:PORT and prints its pid. usage: start.sh PORT WORKDIR   stop: kill PID
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/python.sh"
start_python authlib "${1:?port}" "${2:?work dir}" "Authlib==1.9.9 Flask==3.1.2 requests==2.32.5" "$here/oauth2_authlib.py" "$1"
