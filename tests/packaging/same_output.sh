#!/usr/bin/env bash
# same_output.sh PROGRAM PROGRAM: fails unless both print the same.
set -euo pipefail

diff <("$1") <("$2")
echo "$1 prints $("$1" | wc -l) equal lines"
