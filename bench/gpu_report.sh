#!/usr/bin/env bash
# gpu_report.sh FOLDER GOLDEN_FOLDER OUT_FILE [BENCHMARK_OPTION...]
#
# Runs the GPU programs in FOLDER and writes one report: tests, tests under compute-sanitizer, benchmarks, comparison with PyTorch.
# Needs a GPU and its driver, but no compiler and no source tree. Without compute-sanitizer or PyTorch, the report names what was
# left out. Exits with 1 if a test or check failed.
#
#   PREMIX_SANITIZED_TESTS   tests to run under compute-sanitizer, in Catch2's syntax
#   PREMIX_LIMIT_SECONDS     time limit of one command (600)
set -euo pipefail

folder=$1 golden=$2 out=$3
shift 3
readonly limit=${PREMIX_LIMIT_SECONDS:-600}
# Own kernels only, without cuDNN. Excludes long tests, and tests that make calls fail on purpose, which the tools report.
readonly sanitized=${PREMIX_SANITIZED_TESTS:-'[cuda]~[refused]~[golden]~[premix]~[slow]'}

summary=() failures=0

# program NAME: prints its path, or nothing.
program() { find "$folder" -type f -name "$1" -perm -u+x -print -quit; }

# run TITLE COMMAND...: reports output, duration and status of a command; a failure does not stop the script.
run() {
  local title=$1 status=0 start=$SECONDS
  shift
  printf '\n## %s\n$ %s\n' "$title" "$*"
  timeout "$limit" "$@" 2>&1 || status=$?
  local result="passed"
  if [[ $status -eq 124 ]]; then result="stopped after $limit s"; elif [[ $status -ne 0 ]]; then result="FAILED ($status)"; fi
  if [[ $status -ne 0 ]]; then failures=$((failures + 1)); fi
  printf -- '-- %s, %d s\n' "$result" $((SECONDS - start))
  summary+=("$(printf '%-40s %s, %d s' "$title" "$result" $((SECONDS - start)))")
}

# leave_out TITLE REASON
leave_out() {
  printf '\n## %s\nleft out: %s\n' "$1" "$2"
  summary+=("$(printf '%-40s left out: %s' "$1" "$2")")
}

machine() {
  printf '# premix on a GPU\n\ndate    %s\nhost    %s, %s processors\n' "$(date -u '+%Y-%m-%d %H:%M UTC')" "$(uname -srm)" "$(nproc)"
  nvidia-smi --query-gpu=index,name,compute_cap,driver_version,memory.total,clocks.max.sm,power.limit --format=csv || true
  nvidia-smi | grep -o 'CUDA Version: [0-9.]*' || true
}

tests() {
  local tests
  tests=$(program premix_cuda_tests)
  if [[ -z $tests ]]; then
    leave_out tests "no premix_cuda_tests in $folder"
    failures=$((failures + 1))
    return
  fi
  export PREMIX_GOLDEN_DIR=$golden
  if "$tests" 'a GPU says what it is' 2>&1 | grep '\[skipped\]'; then
    leave_out tests "they find no GPU that they can use"
    failures=$((failures + 1))
    return
  fi
  run tests "$tests"
  run "tests of convolutions without cuDNN" env PREMIX_CUDNN=0 "$tests" '[conv2d]'
  local tool
  for tool in memcheck racecheck initcheck synccheck; do
    if command -v compute-sanitizer >/dev/null; then
      run "compute-sanitizer $tool" env PREMIX_CUDNN=0 compute-sanitizer --tool "$tool" --error-exitcode 9 "$tests" "$sanitized"
    else
      leave_out "compute-sanitizer $tool" "compute-sanitizer is not on the PATH"
    fi
  done
}

benchmarks() {
  local bench path
  while read -r path; do
    bench=$(basename "$path")
    run "$bench" "$path" --benchmark_filter=gpu "$@"
  done < <(find "$folder" -type f -name 'bench_*' -perm -u+x | sort)
}

peers() {
  local peer
  peer=$(find "$folder" -name unfold.py -print -quit)
  if [[ -z $peer ]]; then
    leave_out "peer: PyTorch" "no unfold.py in $folder"
  elif python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    run "peer: PyTorch" python3 "$peer"
    local timer
    timer=$(program premix_timer)
    if [[ -n $timer ]]; then
      run "the network beside PyTorch" python3 "$(dirname "$peer")/compare.py" --gpu --timer "$timer" --folder "$folder/peers" \
        --json "$folder/peers/results.json" --rounds 3
    fi
  else
    leave_out "peer: PyTorch" "python3 has no torch that reaches a GPU"
  fi
}

report() {
  machine
  tests
  benchmarks "$@"
  peers
  printf '\n## Summary\n'
  printf '%s\n' "${summary[@]}"
  return $((failures > 0))
}

if ! nvidia-smi -L 2>/dev/null | grep -q '^GPU'; then
  echo "gpu_report.sh: no GPU is visible here (nvidia-smi -L)" >&2
  exit 1
fi
report "$@" | tee "$out"
