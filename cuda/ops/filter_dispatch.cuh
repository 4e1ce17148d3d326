#pragma once

#include <algorithm>
#include <initializer_list>

#include "cuda/ops/filter_strip.cuh"

// Selects the instance of a strip kernel for a size. K and the bands per thread are compile-time constants.

namespace premix {

/// Calls fn.template operator()<K, lanes>() for K up to 9. lanes divides B: the numbers in 16 bytes, or 3, or 1.
/// Returns the result of fn, or false if there is no instance for K.
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

/// Calls fn.template operator()<K, lanes>(layout, threads) with the instance for the sizes in args. Tries smaller and
/// smaller blocks until fn returns true; fn returns false if it needs too much shared memory. Returns false if no block
/// size fits.
template <class T, class Args, class Fn>
bool with_strips(const Args& args, Fn&& fn) {
  return with_filter_shape<T>(args.kernel, args.bands, [&]<int K, int lanes>() {
    for (const int threads : {128, 64, 32}) {
      if (args.bands / lanes > threads) continue;  // all threads of a pixel must be in one block
      const StripLayout layout = strip_layout(args.images, args.height, args.width, args.bands, lanes, threads);
      if (fn.template operator()<K, lanes>(layout, threads)) return true;
    }
    return false;
  });
}

/// Shared memory per block for four or two resident blocks on a multiprocessor with 227 KB.
constexpr std::size_t four_fit = 56 * 1024, two_fit = 112 * 1024;

/// Returns the limit of shared memory of a block in bytes: at most `wanted`. The smallest blocks may use all that the
/// GPU allows.
inline std::size_t shared_limit(Cuda device, int threads, std::size_t wanted) {
  int most = 0;
  PREMIX_CUDA_CHECK(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device.index));
  return threads > 32 ? std::min(wanted, static_cast<std::size_t>(most)) : static_cast<std::size_t>(most);
}

}  // namespace premix
