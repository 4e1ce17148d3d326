#!/usr/bin/env bash
# readme.sh README FILE: fails unless the README's C++ example equals FILE, which is built and run as a test.
set -euo pipefail

diff "$2" <(sed -n '/^```cpp$/,/^```$/{/^```/d;p}' "$1")
