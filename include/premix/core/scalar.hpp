#pragma once

#include <concepts>

namespace premix {

/// The scalars that networks are trained and checked in.
template <class T>
concept Real = std::same_as<T, float> || std::same_as<T, double>;

}  // namespace premix

// Marks the formula of one element, which the CPU loops and the CUDA kernels share. On the host it is always inlined: the files of
// src/cpu are compiled once per instruction set, and an out-of-line copy from one of them could be linked into another.
#if defined(__CUDACC__)
#define PREMIX_HD __host__ __device__ __forceinline__
#else
#define PREMIX_HD [[gnu::always_inline]] inline
#endif
