#!/usr/bin/env bash
# layers.sh FOLDER: fails if an #include "..." in FOLDER goes up the list of layers, closes a cycle of files or folders,
# or leads from a public header to a private one. The list is the table "Layers" of FOLDER/CONTRIBUTING.md, lowest layer
# first. A folder missing from the table belongs to its parent.
set -euo pipefail
cd "$1"

sources() {
  local folder
  for folder in include src cuda examples; do
    if [[ -d $folder ]]; then find "$folder" -regex '.*\.\(hpp\|cpp\|cuh\|cu\|hpp\.in\)'; fi
  done | sort
}

{
  sed -n '/^## Layers$/,/^## [^L]/s/^| \(`[^|]*`\) |.*/layer \1/p' CONTRIBUTING.md | tr -d '`,'
  sources | sed 's/^/file /'
  sources | xargs grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' |
    sed -E 's/^([^:]+):([0-9]+):[^"]*"([^"]+)".*/include \1 \2 \3/' || true
} | awk '
  # Folder of a file, as named in the list: include/premix/io and src/io are both io.
  function folder(file) {
    sub(/^(include\/premix|src)\//, "", file)
    sub(/\.in$/, "", file)
    if (file !~ /\//) return file
    sub(/\/[^\/]*$/, "", file)
    return file
  }
  function layer(place) {
    while (!(place in height)) {
      if (place !~ /\//) return ""
      sub(/\/[^\/]*$/, "", place)
    }
    return place
  }
  function report(message) { print message; failed = 1 }

  # Depth-first search: a node reached again while open closes a cycle.
  function visit(graph, node,    i, n, next_nodes) {
    state[graph, node] = "open"
    path[++depth] = node
    n = split(targets[graph, node], next_nodes, "\n")
    for (i = 1; i <= n; ++i) {
      if (!((graph, next_nodes[i]) in state)) visit(graph, next_nodes[i])
      else if (state[graph, next_nodes[i]] == "open") report_cycle(graph, node, next_nodes[i])
    }
    state[graph, node] = "done"
    --depth
  }
  function report_cycle(graph, from, to,    i, arrows) {
    for (i = depth; path[i] != to; --i) arrows = " -> " path[i] arrows
    report(where[graph, from, to] ": cycle of " graph ": " to arrows " -> " to)
  }
  function connect(graph, from, to, place) {
    if ((graph, from, to) in where) return
    where[graph, from, to] = place
    if (!((graph, from) in targets)) nodes[++node_count] = graph SUBSEP from
    targets[graph, from] = targets[graph, from] (targets[graph, from] == "" ? "" : "\n") to
  }
  function resolved(file, name,    i, candidates, own) {
    own = file
    sub(/[^\/]*$/, "", own)
    split("include/" name "\nsrc/" name "\n" name "\n" own name "\nexamples/" name "\ninclude/" name ".in", candidates, "\n")
    for (i = 1; i <= 6; ++i)
      if (candidates[i] in exists) return candidates[i]
    return ""
  }

  $1 == "layer" { ++line; for (i = 2; i <= NF; ++i) height[$i] = line; next }
  $1 == "file" {
    exists[$2]
    if (layer(folder($2)) == "") report($2 ": in no layer of CONTRIBUTING.md")
    next
  }
  {
    file = $2; place = $2 ":" $3; target = resolved(file, $4)
    if (target == "") { report(place ": \"" $4 "\" is found nowhere"); next }
    from = layer(folder(file)); to = layer(folder(target))
    if (height[to] > height[from] || (height[to] == height[from] && to != from))
      report(place ": " from " -> " to ": runs up or across the layers of CONTRIBUTING.md")
    if (file ~ /^include\// && target !~ /^include\//) report(place ": public -> private: " target)
    connect("files", file, target, place)
    if (folder(file) != folder(target)) connect("folders", folder(file), folder(target), place)
  }
  END {
    if (line == 0) report("CONTRIBUTING.md: no table \"Layers\"")
    for (k = 1; k <= node_count; ++k) {
      split(nodes[k], parts, SUBSEP)
      if (!(nodes[k] in state)) visit(parts[1], parts[2])
    }
    exit failed
  }'
