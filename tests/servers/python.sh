# Sourced by the scripts beside it, which set `here`, and whose server is a Python program.
. "$here/answers.sh"

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
  until_it_answers $! "$PORT" "$W/log"
}
