#pragma once

#include <cstdint>
#include <vector>

#include "cuda_runtime.h"

namespace shim {

/// Engines of the simulated cuDNN, in the order of its heuristics. All but tensor_core, good and fallback produce NaN.
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

/// Abilities of the simulated cuDNN, and a record of its work. Tests change them. Plans are cached by size, so a test
/// that needs other abilities uses its own sizes.
struct Cudnn {
  bool fuses = true;  // supports graphs of several operations
  bool has_float_results_of_bf16 = true;
  bool heuristics_offer = true;  // false: only the fallback offers engines
  bool has_engines = true;
  bool executes = true;

  int plans = 0;                            // number of plans made
  std::vector<std::int64_t> executed = {};  // engines, in call order
  cudaStream_t stream = nullptr;            // of the last execution
};
Cudnn& cudnn();

}  // namespace shim
