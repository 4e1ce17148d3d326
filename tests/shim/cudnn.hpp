#pragma once

#include <cstdint>
#include <vector>

#include "cuda_runtime.h"

namespace shim {

/// The pretended cuDNN's engines, in the order in which its heuristics offer them. All but tensor_core, good and
/// fallback make NaN.
namespace engine {
enum : std::int64_t {
  nondeterministic = 1,
  narrowing,
  does_not_finalize,
  tensor_core,
  greedy,
  fourier,
  good,
  fallback
};
}

/// What the pretended cuDNN can do, and what it did. Tests change it. Plans are remembered for their sizes: a test that
/// needs another cuDNN has sizes of its own.
struct Cudnn {
  bool fuses = true;  // graphs of several operations
  bool has_float_results_of_bf16 = true;
  bool heuristics_offer = true;  // else only the fallback does
  bool has_engines = true;
  bool executes = true;

  int plans = 0;                            // made
  std::vector<std::int64_t> executed = {};  // engines, in their order
  cudaStream_t stream = nullptr;            // of the last one
};
Cudnn& cudnn();

}  // namespace shim
