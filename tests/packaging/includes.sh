#!/usr/bin/env bash
# includes.sh FOLDER: fails if a header in FOLDER includes anything but headers of premix and of the C++ standard
# library. Names of standard headers have neither a dot nor a slash.
set -euo pipefail

includes=$(grep -rnE '^\s*#\s*include' --include='*.hpp' "$1")
if grep -vE 'include ("premix/[a-z0-9_/]+\.hpp"|<[a-z_0-9]+>)$' <<<"$includes"; then
  echo "The lines above include headers that a consumer may not have." >&2
  exit 1
fi
