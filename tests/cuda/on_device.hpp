#pragma once

#include "premix/core/cuda.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/variables.hpp"

// The tests of this folder run on the first GPU, real or simulated. The CPU, which has its own tests, is the reference.

#define PREMIX_REQUIRE_GPU()                                                   \
  do {                                                                         \
    if (premix::cuda_device_count() == 0) PREMIX_SKIP(premix::cuda_problem()); \
  } while (false)

namespace premix::testing {

inline Device gpu() { return cuda(0); }

/// Returns a leaf with the same values on another device.
template <Real T>
Variable<T> moved(const Variable<T>& leaf, Device device) {
  return leaf.empty() ? leaf : Variable<T>(leaf.value().to(device), leaf.requires_grad());
}

/// Returns the largest difference divided by the largest value on the CPU. Infinite if shapes or NaN differ.
template <Real T>
double parity(const Tensor<T>& on_gpu, const Tensor<T>& on_cpu) {
  if (on_gpu.empty() || on_cpu.empty())
    return on_gpu.empty() == on_cpu.empty() ? 0 : std::numeric_limits<double>::infinity();
  Tensor<double> expected(on_cpu.shape());
  std::copy_n(on_cpu.data(), on_cpu.size(), expected.mutable_data());
  return golden::relative_difference(on_gpu.to(cpu()), expected);
}

/// Limit of parity() for sums in another order.
template <Real T>
inline constexpr double parity_limit = std::is_same_v<T, float> ? 1e-5 : 1e-13;

}  // namespace premix::testing
