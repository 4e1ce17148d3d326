#!/usr/bin/env bash
# installed_weights.sh PREFIX DATADIR SOURCE: fails unless the weights of SOURCE are in PREFIX/DATADIR/premix/weights, and
# the program in PREFIX finds weights there.
set -euo pipefail
prefix=$1 weights=$1/$2/premix/weights source=$3

shopt -s nullglob
for file in "$source"/examples/weights/*.{safetensors,md}; do
  cmp "$file" "$weights/${file##*/}"
done

# Weights without tensors: a header is all that the list reads.
architecture='{\"bands\":4,\"embed_dim\":2,\"kernel_size\":3,\"pf_kernel\":3,\"num_layers\":1,\"EWFM\":false,\"activation\":\"sigmoid\",\"beta\":null}'
header="{\"__metadata__\":{\"architecture\":\"$architecture\"}}"
mkdir -p "$weights"
probe=$weights/probe.safetensors
trap 'rm -f "$probe"' EXIT
{
  printf "\\x$(printf %02x $((${#header} % 256)))\\x$(printf %02x $((${#header} / 256)))\\0\\0\\0\\0\\0\\0"
  printf %s "$header"
} >"$probe"
list=$(PREMIX_WEIGHTS= "$prefix/bin/premix-pansharpen" -m list)
grep -E '^probe +any +4 +4 +best ' <<<"$list" | grep -F "$(realpath "$probe")" || { echo "$list"; exit 1; }
