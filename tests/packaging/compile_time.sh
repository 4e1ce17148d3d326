#!/usr/bin/env bash
# compile_time.sh SECONDS COMPILER INCLUDE_FOLDER FILE: compiles the file with nothing but that folder, says how long it took, and fails if
# that was longer.
set -euo pipefail

limit=$1 compiler=$2 include=$3 file=$4
start=$EPOCHREALTIME
"$compiler" -std=c++20 -O2 -I "$include" -c "$file" -o /dev/null
awk -v start="$start" -v end="$EPOCHREALTIME" -v limit="$limit" -v file="$file" \
  'BEGIN { printf "%s compiles in %.1f seconds (limit %d)\n", file, end - start, limit; exit !(end - start < limit) }'
