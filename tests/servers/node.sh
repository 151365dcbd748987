# Sourced by the scripts beside it, which set `here`, and whose server is a Node program.
. "$here/answers.sh"

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
  until_it_answers $! "$PORT" "$W/log"
}
