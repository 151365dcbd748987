#!/bin/sh
# Starts edgegrid_akamai.py on 127.0.0.1:PORT and prints its pid. usage: start.sh PORT WORKDIR   stop: kill PID
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/python.sh"
start_python edgegrid "${1:?port}" "${2:?work dir}" edgegrid-python==2.0.9 "$here/edgegrid_akamai.py" "$1"
