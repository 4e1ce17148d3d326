#!/usr/bin/env bash
# no_flags.sh ROOT: fails if a string of the library names a flag of a program. Messages name options as fields
# (premix::Option), and programs print them as their flags. Commands of other tools, suggested as remedies, are allowed.
set -euo pipefail
cd "$1"

tools='gdalwarp|gdal_translate|gdal_edit|gdalinfo|gdalsrsinfo|otbcli|CMAKE_'
literals=$(grep -rnoE '"([^"\\]|\\.)*"' src include cuda --include='*.cpp' --include='*.hpp' --include='*.cu' --include='*.cuh')
if grep -E ':".*(--[a-z]|(^|[^-a-zA-Z0-9])-(b|w|of|ot|co|srcwin|projwin)\b)' <<<"$literals" | grep -vE "$tools"; then
  echo "The texts above name flags of programs: use premix::Option." >&2
  exit 1
fi
