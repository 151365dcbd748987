# Sourced by the scripts beside it whose server is a Python program.

# start_python NAME PORT WORKDIR REQUIREMENTS PROGRAM [ARG...]: makes a virtual environment of its own for NAME, once for all runs,
# starts PROGRAM in it and prints its pid as soon as something answers on PORT.
start_python() {
  NAME=$1 PORT=$2 W=$3 REQUIREMENTS=$4; shift 4
  mkdir -p "$W"
  # In the temporary folder, for it takes a while to make. Another set of requirements is another environment.
  V=${TMPDIR:-/tmp}/countersign-$NAME-$(printf %s "$REQUIREMENTS" | cksum | cut -d' ' -f1)
  (
    flock 9
    # shellcheck disable=SC2086 (a list of requirements)
    [ -e "$V/ready" ] || { python3 -m venv "$V" && "$V/bin/pip" -q --disable-pip-version-check install $REQUIREMENTS && touch "$V/ready"; }
  ) 9>"$V.lock" >&2
  setsid "$V/bin/python" "$@" >"$W/log" 2>&1 </dev/null &
  PID=$!
  i=0
  until curl -s -o /dev/null "http://127.0.0.1:$PORT/"; do
    i=$((i + 1)); if [ $i -gt 100 ] || ! kill -0 $PID 2>/dev/null; then cat "$W/log" >&2; kill $PID 2>/dev/null; exit 1; fi
    sleep 0.1
  done
  echo $PID
}
