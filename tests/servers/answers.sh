# Sourced by the scripts beside it.

# until_it_answers PID PORT LOG: waits until something answers on PORT, ten seconds at most, and prints PID. Shows the log where the
# process ends instead.
until_it_answers() {
  i=0
  until curl -s -o /dev/null "http://127.0.0.1:$2/"; do
    i=$((i + 1)); if [ $i -gt 100 ] || ! kill -0 "$1" 2>/dev/null; then cat "$3" >&2; kill "$1" 2>/dev/null; exit 1; fi
    sleep 0.1
  done
  echo "$1"
}
