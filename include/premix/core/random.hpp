#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "premix/core/scalar.hpp"
#include "premix/core/tensor.hpp"

namespace premix {

/// The generator of Python's `random` module after random.seed(seed): mt19937 seeded by init_by_array. 0 <= seed <
/// 2^32.
std::mt19937 python_random(std::uint32_t seed);

/// Shuffles 0 .. count - 1 as Python's random.shuffle does: the published code's split.
std::vector<std::size_t> shuffled_indices(std::size_t count, std::mt19937& generator);

/// Fills the tensor with numbers uniform in (-bound, bound), the same ones for float and double up to rounding.
template <Real T>
void fill_uniform(Tensor<T>& tensor, double bound, std::mt19937& generator);

}  // namespace premix
