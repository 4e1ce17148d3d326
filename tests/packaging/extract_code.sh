#!/usr/bin/env bash
# extract_code.sh PAGE FOLDER: writes each code block of a Markdown page that begins with "// PATH" to FOLDER/PATH, and
# prints the paths. Leaves unchanged files alone.
set -euo pipefail

page=$1 folder=$2

for path in $(awk '/^```(cpp|cuda)$/ { getline; if ($1 == "//" && $2 ~ /\//) print $2 }' "$page"); do
  mkdir -p "$folder/$(dirname "$path")"
  sed -n "\\:^// $path\$:,/^\`\`\`\$/{/^\`\`\`\$/d;p}" "$page" >"$folder/$path.new"
  if cmp -s "$folder/$path.new" "$folder/$path"; then
    rm "$folder/$path.new"
  else
    mv "$folder/$path.new" "$folder/$path"
  fi
  echo "$path"
done
