#!/usr/bin/env bash
# same_output.sh PROGRAM OTHER...: fails unless all programs print the same output.
set -euo pipefail

expected=$("$1")
for other in "${@:2}"; do
  diff <(echo "$expected") <("$other") || { echo "$1 and $other differ" >&2; exit 1; }
done
echo "$# programs print the same $(wc -l <<<"$expected") lines"
