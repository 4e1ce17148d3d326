#pragma once

#include <algorithm>
#include <initializer_list>

#include "cuda/ops/filter_strip.cuh"

// Which instance of a strip kernel serves a size: K and the bands of a thread are known to the compiler.

namespace premix {

/// Calls fn.template operator()<K, lanes>() for K up to 9, with as many bands of a thread as divide B: a pack of 16
/// bytes in T, or 3, or 1. Returns what fn does, and false for a K that there is no instance for.
template <class T, class Fn>
bool with_filter_shape(int kernel, std::int64_t bands, Fn&& fn) {
  const auto with_lanes = [&]<int K>() {
    constexpr int pack = 16 / sizeof(T);
    if (bands % pack == 0) return fn.template operator()<K, pack>();
    if (bands % 3 == 0) return fn.template operator()<K, 3>();
    return fn.template operator()<K, 1>();
  };
  switch (kernel) {
    case 1:
      return with_lanes.template operator()<1>();
    case 3:
      return with_lanes.template operator()<3>();
    case 5:
      return with_lanes.template operator()<5>();
    case 7:
      return with_lanes.template operator()<7>();
    case 9:
      return with_lanes.template operator()<9>();
    default:
      return false;
  }
}

/// Calls fn.template operator()<K, lanes>(layout, threads) with the instance that serves the sizes in args, and with
/// blocks from many threads to few until it returns true: fn returns false where its shared memory would be too much.
/// False where none serves.
template <class T, class Args, class Fn>
bool with_strips(const Args& args, Fn&& fn) {
  return with_filter_shape<T>(args.kernel, args.bands, [&]<int K, int lanes>() {
    for (const int threads : {128, 64, 32}) {
      if (args.bands / lanes > threads) continue;  // a pixel's threads are of one block
      const StripLayout layout = strip_layout(args.images, args.height, args.width, args.bands, lanes, threads);
      if (fn.template operator()<K, lanes>(layout, threads)) return true;
    }
    return false;
  });
}

/// How much shared memory the larger blocks may use, so that several fit a multiprocessor that has 227 KB.
constexpr std::size_t four_fit = 56 * 1024, two_fit = 112 * 1024;

/// The bytes of shared memory that a block of so many threads may use: as many as are wanted at most, or for the
/// smallest blocks, which have no choice, all that the GPU gives.
inline std::size_t shared_limit(Cuda device, int threads, std::size_t wanted) {
  int most = 0;
  PREMIX_CUDA_CHECK(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device.index));
  return threads > 32 ? std::min(wanted, static_cast<std::size_t>(most)) : static_cast<std::size_t>(most);
}

}  // namespace premix
