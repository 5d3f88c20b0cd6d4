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

say "Training a support vector machine on it, two local nodes"
run="runs/demo/$(date +%Y%m%d_%H%M%S)_$$"
build/troupe train config/examples/ssgd.toml -s data.path="$demo/train.h5" --nodes 2 --run-dir "$run"

say "Things to try next"
cat <<END
build/troupe status $run
build/troupe data inspect $demo/train.h5
build/troupe twin config/examples/ssgd.toml -s data.path=$demo/train.h5 -s workers=64 -s partitions=64
build/troupe config show config/examples/ssgd.toml --origin
END
