#!/usr/bin/env bash
# isa_symbols.sh NM SET OBJECT...: fails if an object compiled for the instruction set defines a function, visible to the linker, whose
# name does not carry the set's namespace. The linker keeps one copy of an inline function and gives it to every caller: if it keeps the
# one compiled here, code for any processor runs instructions that only newer ones have.
set -euo pipefail

nm=$1
namespace=premix::on_cpu::$2::
shift 2

# T: functions; W, u: inline ones and templates; i: chosen at load time. The rest is data or local.
functions=$("$nm" --defined-only --demangle "$@" | grep -E '^[0-9a-f]+ [TWui] ')
if grep -vF "$namespace" <<<"$functions"; then
  echo "The functions above are outside $namespace: make them always inlined, or keep them out of src/cpu." >&2
  exit 1
fi
