#!/usr/bin/env bash
# isa_symbols.sh NM SET OBJECT...: fails if an object compiled for SET defines a linker-visible function outside the
# namespace of SET. The linker keeps one copy of an inline function for all callers. If it keeps this copy, code for any
# processor executes instructions of newer processors.
set -euo pipefail

nm=$1
namespace=premix::on_cpu::$2::
shift 2

# T: functions; W, u: inline functions and templates; i: resolved at load time. Other symbols are data or local.
functions=$("$nm" --defined-only --demangle "$@" | grep -E '^[0-9a-f]+ [TWui] ')
if grep -vF "$namespace" <<<"$functions"; then
  echo "The functions above are outside $namespace: make them always inlined, or keep them out of src/cpu." >&2
  exit 1
fi
