#!/usr/bin/env bash
# Builds and runs every test and check. Each part is timed and runs even when one
# before it failed. The last line is "N passed, N failed".
# usage: ./check.sh [PART...]     (no PART: all of them, in order)
set -uo pipefail
cd "$(dirname "$0")" || exit 2
# shellcheck source=cmake/packages.sh
. cmake/packages.sh

jobs=$(nproc)
logs=build/check
all_parts=(release unit house format shellcheck tidy sanitized threads fuzz processes page install readme)

# A part prints what it does, leaves its counts in $logs/PART.counts ("passed failed")
# or is counted as one check, and says "SKIPPED: name: reason" of each test it skips.

build() { # PRESET
  cmake --preset "$1" && cmake --build --preset "$1" -j "$jobs"
}

tests() { # PART BUILD_DIR CTEST_ARGUMENTS...
  local part=$1 folder=$2
  shift 2
  rm -f "$logs/$part.xml"
  ctest --test-dir "$folder" "$@" -j "$jobs" --output-on-failure --no-tests=error \
    --test-output-size-passed 65536 --output-junit "$PWD/$logs/$part.xml"
  python3 tests/scripts/junit.py "$logs/$part.xml" > "$logs/$part.counts"
}

sources() { git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp'; }

part_release() { build release && cmake --build build --target bench; }
part_unit() { tests unit build -L unit; }
part_house() { tests house build -L house; }
part_format() { sources | xargs -r clang-format --dry-run -Werror; }
part_shellcheck() { shellcheck -x check.sh demo.sh .ci/run cmake/packages.sh; }
# File by file, as nobody else compiles them here: a forgotten #include shows.
part_tidy() {
  cmake --preset release -B build-tidy -DCMAKE_UNITY_BUILD=OFF -DTROUPE_TESTS=OFF &&
    cmake --build build-tidy --target troupe_revision && python3 tests/scripts/tidy.py build-tidy "$jobs"
}
part_sanitized() { build debug && tests sanitized build-debug -L 'unit|processes'; }
part_threads() { build tsan && tests threads build-tsan -L unit; }
part_fuzz() { build fuzz && tests fuzz build-fuzz -L fuzz; }
part_processes() { tests processes build -L processes; }
part_page() { tests page build -L page; }
part_install() { tests install build -L install; }
part_readme() { tests readme build -L readme; }

passed=0 failed=0 table=()

run_part() { # PART
  local part=$1 code=0 good bad start=$SECONDS
  rm -f "$logs/$part.counts"
  printf '== %s\n' "$part"
  "part_$part" > "$logs/$part.log" 2>&1 || code=$?
  if ! read -r good bad 2> /dev/null < "$logs/$part.counts"; then
    good=$((code == 0)) bad=$((code != 0))
  elif [ "$code" != 0 ] && [ "$bad" = 0 ]; then
    bad=1
  fi
  [ "$bad" = 0 ] || { tail -n 60 "$logs/$part.log"; echo "all of it: $logs/$part.log"; }
  passed=$((passed + good)) failed=$((failed + bad))
  table+=("$(printf '%-12s %7d %7d %6d s' "$part" "$good" "$bad" $((SECONDS - start)))")
}

readarray -t missing < <(missing_packages program check)
if [ ${#missing[@]} != 0 ]; then
  install_packages "${missing[@]}" || { echo "could not install: ${missing[*]}" >&2; echo "0 passed, 1 failed"; exit 1; }
fi

parts=("$@")
[ $# != 0 ] || parts=("${all_parts[@]}")
for part in "${parts[@]}"; do
  [ "$(type -t "part_$part")" = function ] || { echo "no part '$part'; there are: ${all_parts[*]}" >&2; exit 2; }
done
mkdir -p "$logs"
SECONDS=0
for part in "${parts[@]}"; do run_part "$part"; done

printf '\n%-12s %7s %7s %8s\n' part passed failed time
printf '%s\n' "${table[@]}" "$(printf '%-12s %7d %7d %6d s' all "$passed" "$failed" "$SECONDS")"
for part in "${parts[@]}"; do
  # Compilers are quiet about this word; tests print it with the reason.
  grep -h '^SKIPPED: ' "$logs/$part.log" | sort -u
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
