#!/usr/bin/env bash
# layers_test.sh LAYERS FOLDER: checks that layers.sh accepts a small project and reports each kind of wrong include.
# Creates the project in FOLDER.
set -euo pipefail

layers=$1 project=$2

# put FILE LINE...: writes a file of the project.
put() { mkdir -p "$project/$(dirname "$1")" && printf '%s\n' "${@:2}" >"$project/$1"; }

make_project() {
  rm -rf "$project"
  put CONTRIBUTING.md '## Layers' '| layer | content |' '|---|---|' \
    '| `core` | low |' '| `left`, `right` | between |' '| `top`, `lone` | high |' '## Code' '| `no/layer` | |'
  put include/premix/core/a.hpp '#pragma once'
  put include/premix/left/b.hpp '#include "premix/core/a.hpp"'
  put src/left/b.cpp '#include "premix/left/b.hpp"' '#include "left/private.hpp"'
  put src/left/private.hpp '#include <vector>' '#include "left/deep/d.hpp"'
  put src/left/deep/d.hpp '#include "premix/core/a.hpp"'
  put src/right/r.hpp ''
  put src/lone/l.hpp ''
  put src/top/t.cpp '  #  include "right/r.hpp"  // why' '#include "premix/left/b.hpp"'
}

# expect MESSAGE FILE LINE...: writes the lines to the file. layers.sh must then fail with MESSAGE as its only message.
expect() {
  local message=$1 file=$2 output
  make_project
  put "$file" "${@:3}"
  if output=$(bash "$layers" "$project"); then
    echo "layers.sh accepts $file: ${*:3}" >&2
    exit 1
  fi
  if [[ $output != "$message" ]]; then
    printf 'layers.sh says\n%s\ninstead of\n%s\n' "$output" "$message" >&2
    exit 1
  fi
}

make_project
bash "$layers" "$project"

order='runs up or across the layers of CONTRIBUTING.md'
expect "src/core/x.cpp:2: core -> lone: $order" src/core/x.cpp '#pragma once' '#include "lone/l.hpp"'
expect "src/right/x.cpp:1: right -> left: $order" src/right/x.cpp '#include "premix/left/b.hpp"'
expect "include/premix/left/x.hpp:1: public -> private: src/left/private.hpp" \
  include/premix/left/x.hpp '#include "left/private.hpp"'
expect 'src/top/x.hpp:1: cycle of files: src/top/x.hpp -> src/top/x.hpp' src/top/x.hpp '#include "top/x.hpp"'
expect 'src/left/deep/d.hpp:1: cycle of folders: left -> left/deep -> left
src/left/deep/d.hpp:1: cycle of files: src/left/private.hpp -> src/left/deep/d.hpp -> src/left/private.hpp' \
  src/left/deep/d.hpp '#include "left/private.hpp"'
expect 'src/left/deep/d.hpp:1: cycle of folders: left -> left/deep -> left' \
  src/left/deep/d.hpp '#include "premix/left/b.hpp"'
expect 'src/none/x.cpp: in no layer of CONTRIBUTING.md' src/none/x.cpp ''
expect 'src/top/x.cpp:1: "top/gone.hpp" is found nowhere' src/top/x.cpp '#include "top/gone.hpp"'
