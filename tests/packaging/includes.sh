#!/usr/bin/env bash
# includes.sh FOLDER: fails on an #include in the folder's headers of anything but premix's own headers and the C++ standard library's,
# whose names, unlike those of other libraries, have neither a dot nor a slash.
set -euo pipefail

includes=$(grep -rnE '^\s*#\s*include' --include='*.hpp' "$1")
if grep -vE 'include ("premix/[a-z0-9_/]+\.hpp"|<[a-z_0-9]+>)$' <<<"$includes"; then
  echo "The lines above include headers that a consumer may not have." >&2
  exit 1
fi
