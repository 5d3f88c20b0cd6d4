# shellcheck shell=bash
# Sourced by demo.sh and check.sh: finds the Debian packages that are missing and
# installs them. It touches neither network nor apt while nothing is missing.

# missing_packages PURPOSE...: one name a line
missing_packages() {
  local purpose
  for purpose in "$@"; do
    awk -v purpose="$purpose" '$1 == purpose { print $2, $3 }' cmake/packages.txt
  done | while read -r name command; do
    [ -z "$command" ] || ! command -v "$command" > /dev/null || continue
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
  done
}

# install_packages NAME...
install_packages() {
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update -q
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@"
}
