#pragma once

#include <concepts>
#include <cstdint>

namespace premix {

/// The scalars that networks are trained and checked in.
template <class T>
concept Real = std::same_as<T, float> || std::same_as<T, double>;

/// Half of a float's width, for storage: bfloat16 has a float's range and 8 significant bits, half has 11 and reaches
/// from 6e-8 to 65504. Nothing is computed in them: premix/kernels/convert.hpp takes them to float and back.
struct bf16_t {
  std::uint16_t bits;
};
struct half_t {
  std::uint16_t bits;
};

template <class T>
concept Narrow = std::same_as<T, bf16_t> || std::same_as<T, half_t>;

/// What a tensor may hold.
template <class T>
concept Storage = Real<T> || Narrow<T>;

}  // namespace premix

// Marks the formula of one element, which the CPU loops and the CUDA kernels share. On the host it is always inlined:
// the files of src/cpu are compiled once per instruction set, and an out-of-line copy from one of them could be linked
// into another.
#if defined(__CUDACC__)
#define PREMIX_HD __host__ __device__ __forceinline__
#else
#define PREMIX_HD [[gnu::always_inline]] inline
#endif
