# Sourced by the scripts beside it whose server is a Node program.

# start_node FOLDER PORT WORKDIR PROGRAM [ARG...]: installs what FOLDER/package-lock.json pins, once for all runs, starts PROGRAM of
# FOLDER and prints its pid as soon as something answers on PORT.
start_node() {
  FOLDER=$1 PORT=$2 W=$3 PROGRAM=$4; shift 4
  mkdir -p "$W"
  # In the temporary folder, for it takes a while. Another set of packages or programs is another folder.
  N=${TMPDIR:-/tmp}/countersign-$(basename "$FOLDER")-$(cat "$FOLDER"/*.json "$FOLDER"/*.mjs | cksum | cut -d' ' -f1)
  (
    flock 9
    [ -e "$N/ready" ] || { mkdir -p "$N" && cp "$FOLDER"/*.json "$FOLDER"/*.mjs "$N" && (cd "$N" && npm ci --silent --no-audit --no-fund) && touch "$N/ready"; }
  ) 9>"$N.lock" >&2
  setsid node "$N/$PROGRAM" "$@" >"$W/log" 2>&1 </dev/null &
  PID=$!
  i=0
  until curl -s -o /dev/null "http://127.0.0.1:$PORT/"; do
    i=$((i + 1)); if [ $i -gt 100 ] || ! kill -0 $PID 2>/dev/null; then cat "$W/log" >&2; kill $PID 2>/dev/null; exit 1; fi
    sleep 0.1
  done
  echo $PID
}
