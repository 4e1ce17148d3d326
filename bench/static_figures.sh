#!/usr/bin/env bash
# static_figures.sh [--all] [--allow=REGEX] [KERNEL=THREADS[+BYTES]...]
#
# Compiles every kernel of cuda/ for sm_80 and sm_90 with the build's flags. Prints the assembler's figures as a Markdown table:
# registers, static shared memory, stack frame, spilled bytes, and the share of resident warps of a multiprocessor. A row covers all
# instances of a kernel, from least to most; --all prints one row per instance. Needs nvcc, but no GPU.
#
# Threads per block come from the kernel's __launch_bounds__, else 256. KERNEL=THREADS+BYTES overrides them and adds dynamic shared
# memory: "ewfm.cu:forward_kernel=128+4096". Exits with 1 if a kernel spills or has a stack frame, unless its name matches REGEX.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

all=0 allow='^$' overrides=()
for argument in "$@"; do
  case $argument in
    --all) all=1 ;;
    --allow=*) allow=${argument#--allow=} ;;
    *=*) overrides+=("$argument") ;;
    *)
      echo "static_figures.sh: unknown argument '$argument'" >&2
      exit 2
      ;;
  esac
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/kept"

# The intermediate PTX is kept for its .maxntid: the assembler doesn't repeat __launch_bounds__.
compile() {
  cmake -S . -B "$folder/build" -G Ninja --log-level=WARNING -DCMAKE_BUILD_TYPE=Release -DPREMIX_CUDA=ON -DPREMIX_IO=OFF -DPREMIX_ONEDNN=OFF \
    -DPREMIX_TESTS=OFF -DPREMIX_INSTALL=OFF "-DCMAKE_CUDA_ARCHITECTURES=80-real;90-real" \
    "-DCMAKE_CUDA_FLAGS=-Xptxas=-v --keep --keep-dir=$folder/kept"
  cmake --build "$folder/build" --target premix_cuda --parallel "${PREMIX_JOBS:-2}"
}
compile >"$folder/log" 2>&1 || {
  cat "$folder/log" >&2
  exit 1
}

# threads_of_kernels: name (mangled) and threads, where the source bounds them.
threads_of_kernels() {
  find "$folder/kept" -name '*.ptx' -exec awk '
    /\.entry/ { match($0, /\.entry [A-Za-z0-9_$]+/); name = substr($0, RSTART + 7, RLENGTH - 7) }
    /\.maxntid/ { print name, $2 + 0 }' {} +
}

# figures: file, architecture, registers, shared, stack, spilled bytes and mangled name of each instance.
figures() {
  awk '
    /Building CUDA object/ { file = $NF; sub(/.*\//, "", file); sub(/\.o$/, "", file) }
    /Compiling entry function/ { split($0, part, "\047"); name = part[2]; arch = part[4] }
    /bytes stack frame/ { stack = $1; spilled = $5 + $9 }
    /Used [0-9]+ registers/ {
      match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5, RLENGTH - 5)
      shared = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART) + 0 : 0
      print file, arch, registers, shared, stack, spilled, name
    }' "$folder/log"
}

# table: reads lines of figures with the demangled name at the end, prints the table.
table() {
  awk -v all="$all" -v allow="$allow" -v overrides="${overrides[*]:-}" '
    function up(x, step) { return int((x + step - 1) / step) * step }
    function least(a, b) { return a < b ? a : b }

    # Percent of 64 warps: registers come in 256 to a warp on four schedulers, shared memory in 128 bytes with 1024 for the system.
    function occupancy(arch, registers, shared, threads,    warps, blocks) {
      warps = up(threads, 32) / 32
      blocks = least(32, int(64 / warps))
      blocks = least(blocks, int(4 * int(16384 / up(32 * registers, 256)) / warps))
      blocks = least(blocks, int((arch == "sm_90" ? 228 : 164) * 1024 / up(shared + 1024, 128)))
      return int(100 * blocks * warps / 64 + 0.5)
    }
    function note(column, value) {
      if (!((row, column) in low) || value < low[row, column]) low[row, column] = value
      if (!((row, column) in high) || value > high[row, column]) high[row, column] = value
    }
    function range(row, column) {
      if (!((row, column) in low)) return "-"
      return low[row, column] == high[row, column] ? low[row, column] : low[row, column] "-" high[row, column]
    }

    # The name without result, namespaces and parameters; template arguments only where each instance has its row.
    function readable(name,    i, depth, c) {
      gsub(/\(anonymous namespace\)::|premix::/, "", name)
      sub(/^void /, "", name)
      for (i = 1; i <= length(name); ++i) {
        c = substr(name, i, 1)
        if (c == "<") { if (depth == 0 && !all) return substr(name, 1, i - 1); ++depth }
        if (c == ">") --depth
        if (c == "(" && depth == 0) return substr(name, 1, i - 1)
      }
      return name
    }
    BEGIN {
      count = split(overrides, list, " ")
      for (i = 1; i <= count; ++i) { split(list[i], pair, "="); given[pair[1]] = pair[2] }
    }
    {
      file = $1; arch = $2; registers = $3; shared = $4; stack = $5; spilled = $6; threads = $7
      name = $0
      for (i = 1; i <= 7; ++i) sub(/^[^ ]+ /, "", name)
      name = readable(name)
      kernel = name
      sub(/<.*/, "", kernel)
      dynamic = 0
      if ((file ":" kernel) in given) { split(given[file ":" kernel], size, "+"); threads = size[1]; dynamic = size[2] + 0 }
      row = file " | " name
      if (!(row in seen)) { seen[row] = 1; order[++rows] = row }
      if (arch == "sm_90") ++instances[row]
      note("threads", threads); note("shared", shared + dynamic); note("stack", stack + 0); note("spilled", spilled + 0)
      note("registers " arch, registers + 0); note("occupancy " arch, occupancy(arch, registers, shared + dynamic, threads))
      if (stack + spilled > 0 && name !~ allow) bad = bad "\n  " file " " name " on " arch ": " stack " bytes of stack, " spilled " spilled"
    }
    END {
      print "| file | kernel | instances | threads | registers sm_80 | sm_90 | shared bytes | stack | spilled | warps % sm_80 | sm_90 |"
      print "|---|---|---|---|---|---|---|---|---|---|---|"
      for (i = 1; i <= rows; ++i) {
        row = order[i]
        print "| " row " | " instances[row] " | " range(row, "threads") " | " range(row, "registers sm_80") " | " range(row, "registers sm_90") \
          " | " range(row, "shared") " | " range(row, "stack") " | " range(row, "spilled") " | " range(row, "occupancy sm_80") \
          " | " range(row, "occupancy sm_90") " |"
      }
      if (bad != "") { print "static_figures.sh: these use local memory:" bad > "/dev/stderr"; exit 1 }
    }'
}

threads_of_kernels | sort -u >"$folder/threads"
figures | awk 'NR == FNR { threads[$1] = $2; next } { $7 = (($7 in threads) ? threads[$7] : 256) " " $7; print }' "$folder/threads" - |
  c++filt | sort -k1,1 -k8 -s | table
