#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "premix/core/scalar.hpp"
#include "premix/core/tensor.hpp"

namespace premix {

/// Python's `random` generator after random.seed(seed): mt19937 seeded by init_by_array. 0 <= seed < 2^32.
std::mt19937 python_random(std::uint32_t seed);

/// Shuffles 0 .. count - 1 like Python's random.shuffle. The published code splits data this way.
std::vector<std::size_t> shuffled_indices(std::size_t count, std::mt19937& generator);

/// Fills the tensor with uniform numbers in (-bound, bound). float and double get the same numbers up to rounding.
template <Real T>
void fill_uniform(Tensor<T>& tensor, double bound, std::mt19937& generator);

}  // namespace premix
