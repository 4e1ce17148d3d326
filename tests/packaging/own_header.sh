#!/usr/bin/env bash
# own_header.sh FOLDER: fails if a source file of FOLDER/src includes another file before its public header. Compiling
# the source file then shows that the header compiles alone.
set -euo pipefail
cd "$1"

failed=0
while read -r source; do
  header=premix/${source#src/}
  header=${header%.cpp}.hpp
  if [[ -f include/$header && $(grep -m 1 -E '^\s*#\s*include' "$source") != "#include \"$header\""* ]]; then
    echo "$source: the first include is not \"$header\""
    failed=1
  fi
done < <(find src -name '*.cpp' | sort)
exit $failed
