#pragma once

#include "cuda/runtime/launch.cuh"

namespace premix {

/// N adjacent numbers, read and written in one access. The widest access of a thread has 16 bytes.
template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
  T v[N];
};

template <class T>
inline constexpr int pack_size = 16 / sizeof(T);

/// Loads a pack. from: aligned to the size of the pack.
template <int N, class T>
__device__ __forceinline__ Pack<T, N> load(const T* from) {
  return *reinterpret_cast<const Pack<T, N>*>(from);
}
template <int N, class T>
__device__ __forceinline__ void store(T* to, const Pack<T, N>& pack) {
  *reinterpret_cast<Pack<T, N>*>(to) = pack;
}

template <int N>
struct Size {
  static constexpr int value = N;
};

/// Calls fn(first, Size<N>) for the elements of this thread: a complete pack of N, or single elements at the end of the
/// array. Arrays must be 16-byte aligned, as tensors are. Launch with cover(count, pack_size<T>).
template <class T, class Fn>
__device__ __forceinline__ void for_each_pack(std::int64_t count, Fn&& fn) {
  constexpr int n = pack_size<T>;
  std::int64_t i = global_thread() * n;
  if (i + n <= count) {
    fn(i, Size<n>{});
    return;
  }
  for (; i < count; ++i) fn(i, Size<1>{});
}

}  // namespace premix
