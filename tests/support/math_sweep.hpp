#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

enum class Formula { exp, sigmoid, tanh };

/// A formula of kernels/math.hpp in a loop, compiled for every instruction set as the library's kernels are.
template <Real T>
struct FormulaArgs {
  const T* x;
  T* y;
  std::int64_t count;
  Formula formula;
};

template <Real T>
void evaluate(Cpu, const FormulaArgs<T>&);

}  // namespace premix
