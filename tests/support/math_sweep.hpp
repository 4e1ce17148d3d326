#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

enum class Formula { exp, sigmoid, tanh };

/// Arguments of evaluate(), a loop over a formula of kernels/math.hpp. It is compiled for every instruction set, like
/// the kernels of the library.
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
