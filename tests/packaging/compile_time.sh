#!/usr/bin/env bash
# compile_time.sh SECONDS COMPILER INCLUDE_FOLDER FILE: compiles FILE with INCLUDE_FOLDER as the only include path,
# prints the time, and fails above SECONDS. Measures processor time, so other load on the machine does not count.
set -euo pipefail

limit=$1 compiler=$2 include=$3 file=$4
TIMEFORMAT='%U %S'
times=$({ time "$compiler" -std=c++20 -O2 -I "$include" -c "$file" -o /dev/null 2>&3; } 3>&2 2>&1)
awk -v limit="$limit" -v file="$file" \
  '{ printf "%s compiles in %.1f seconds (limit %d)\n", file, $1 + $2, limit; exit !($1 + $2 < limit) }' <<<"$times"
