#pragma once

#include <concepts>
#include <cstdint>

namespace premix {

/// Scalar types for training and gradient checks.
template <class T>
concept Real = std::same_as<T, float> || std::same_as<T, double>;

/// 16-bit storage types. bfloat16 has the range of float and 8 significant bits. half has 11 significant bits and the
/// range 6e-8 to 65504. There is no arithmetic on them: premix/kernels/convert.hpp converts to float and back.
struct bf16_t {
  std::uint16_t bits;
};
struct half_t {
  std::uint16_t bits;
};

template <class T>
concept Narrow = std::same_as<T, bf16_t> || std::same_as<T, half_t>;

/// Element types of tensors.
template <class T>
concept Storage = Real<T> || Narrow<T>;

}  // namespace premix

// Marks the formula of one element, shared by CPU loops and CUDA kernels. On the host it is always inlined. The files
// of src/cpu are compiled once per instruction set, and an out-of-line copy from one could be linked into another.
#if defined(__CUDACC__)
#define PREMIX_HD __host__ __device__ __forceinline__
#else
#define PREMIX_HD [[gnu::always_inline]] inline
#endif
