#pragma once

#include <cstdint>

#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"
#include "premix/core/scalar.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Elements per block: the unit of work and of the fixed summation order.
constexpr std::int64_t mean_block = 4096;

/// Returns the mean of value(0), ..., value(count - 1), summed in double. The order of the sum is the same for any
/// number of threads: blocks of fixed size, then the block sums.
template <Real T, class Value>
T block_mean(std::int64_t count, Value value) {
  const std::int64_t blocks = (count + mean_block - 1) / mean_block;
  const Buffer scratch(static_cast<std::size_t>(blocks) * sizeof(double), {});
  double* partial = static_cast<double*>(scratch.data());
  parallel_for(blocks, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t last = (b + 1) * mean_block < count ? (b + 1) * mean_block : count;
      double sum = 0;
      for (std::int64_t i = b * mean_block; i < last; ++i) sum += value(i);
      partial[b] = sum;
    }
  });
  double sum = 0;
  for (std::int64_t b = 0; b < blocks; ++b) sum += partial[b];
  return static_cast<T>(sum / static_cast<double>(count));
}

}  // namespace premix::on_cpu::PREMIX_ISA
