#!/usr/bin/env bash
# From a clean clone to a trained model: builds the program, makes a data set, trains
# on two local nodes. Run it as often as you like; -y installs packages unasked.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=cmake/packages.sh
. cmake/packages.sh

say() { printf '\n== %s\n' "$*"; }

ask_and_install() {
  local answer=y
  echo "These Debian packages are missing: $*"
  if [ "$(id -u)" != 0 ] && [ "$yes" != 1 ]; then
    read -rp "Install them with sudo apt-get? [y/N] " answer || answer=n
  fi
  [[ "$answer" == [yY]* ]] || { echo "Nothing was installed. 'sudo apt-get install $*' does it."; exit 2; }
  install_packages "$@"
}

yes=0
case "${1:-}" in
  -y) yes=1 ;;
  "") ;;
  *) echo "usage: ./demo.sh [-y]" >&2; exit 2 ;;
esac

readarray -t missing < <(missing_packages program)
[ ${#missing[@]} = 0 ] || ask_and_install "${missing[@]}"

say "Building build/troupe (the first time takes a few minutes)"
cmake --preset program > /dev/null
cmake --build --preset program

say "Making a data set: 23,149 sparse rows of 47,236 features"
demo=runs/demo
mkdir -p "$demo"
[ -s "$demo/train.h5" ] || build/troupe data make rcv1 --rows 23149 --seed 7 --out "$demo/train.h5"

# Waits until the run has told such a line; not for a run that is gone, nor for ever.
await() {
  for _ in $(seq 1200); do
    ! grep -qs -- "$1" "$run/metrics.jsonl" || return 0
    kill -0 "$training" 2> /dev/null || break
    sleep 0.1
  done
  echo "the run has not told '$1'" >&2
  return 1
}

# Somebody who watches has time, or presses Enter; nobody else is waited for.
next() {
  say "$2"
  if [ -t 0 ] && [ -t 1 ]; then
    read -rt 20 -p "   (in 20 s, or press Enter)" || echo
  else
    await "\"epoch\":$1,\"split\""
  fi
}

say "Training a support vector machine on it: three nodes that gossip, steps padded to 10 ms so that one can watch"
run="runs/demo/$(date +%Y%m%d_%H%M%S)_$$"
epochs=10
[ -t 0 ] && [ -t 1 ] && epochs=40
# Through a filter, so that no progress line refreshes itself between the prompts.
build/troupe train config/examples/ssgd.toml -s data.path="$demo/train.h5" -s algorithm=gossip_asgd -s workers=3 \
  -s partitions=3 -s batch=32 -s learning_rate=1 -s epochs=$epochs -s pace.step=10ms --nodes 3 --run-dir "$run" \
  2> >(grep --line-buffered -v '^note: ' >&2) &
training=$!
trap 'kill "$training" 2> /dev/null || true' EXIT
await '"type":"step"'

next 2 "Open the live page: its link stands above. Next: other actors while it runs, a server instead of gossip"
build/troupe swap "$run" -s algorithm=ssgd > /dev/null
await '"what":"swap"'

next 4 "Next: one of the three nodes is killed"
kill -9 "$(build/troupe status "$run" --json | grep -o 'node 3 (pid [0-9]*' | head -n 1 | grep -o '[0-9]*$')"
await '"what":"leased"'
build/troupe status "$run" | grep -E '^(phase|epoch|waiting for) '

say "It was named, others took over its rows, and the run goes on to its end"
wait "$training"
trap - EXIT

say "What is left of it"
cat <<END
$run/report.html    the page with the run inside: open it in a browser
live page           gone with the run; every run prints the link of its own, the next one too:
build/troupe train config/examples/asgd.toml -s data.path=$demo/train.h5 -s workers=2 -s epochs=100000

== Things to try next
build/troupe monitor $run
build/troupe data inspect $demo/train.h5
build/troupe twin config/examples/ssgd.toml -s data.path=$demo/train.h5 -s workers=64 -s partitions=64
build/troupe config show config/examples/ssgd.toml --origin
END
