#!/usr/bin/env bash
# option_names.sh ROOT: fails if a message names an option that is not a field of a public struct.
set -euo pipefail
cd "$1"

names=$(grep -rhoE '\bOption\("[a-z_]+"' src include cuda | sed 's/.*"\(.*\)"/\1/' | sort -u)
[ -n "$names" ] || { echo "no options in messages: is the pattern out of date?" >&2; exit 1; }
for name in $names; do
  if ! grep -rqE "^  [A-Za-z_][A-Za-z0-9_:<>, =.]*[ ,]$name( =|;|,|\$)" include/premix; then
    echo "Option(\"$name\"): no public struct has such a field" >&2
    failed=1
  fi
done
exit ${failed:-0}
