#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace premix {

/// How many threads parallel_for uses when this thread calls it: by default one for each processor that this process
/// may run on, or what the environment variable OMP_NUM_THREADS says.
int threads();

/// Sets that number for the calling thread.
void set_threads(int count);

namespace detail {
using RangeBody = void (*)(void* context, std::int64_t begin, std::int64_t end);
void parallel_for(std::int64_t count, std::int64_t grain, RangeBody body, void* context);
}  // namespace detail

/// Calls fn(begin, end) for ranges that together cover 0 .. count - 1 once, on several threads; each range starts at a
/// multiple of grain. How the ranges are cut depends on the number of threads, so what fn computes for an index must
/// not depend on its range. The first exception thrown by fn is rethrown. Inside another parallel_for it runs on the
/// calling thread alone.
template <class Fn>
void parallel_for(std::int64_t count, std::int64_t grain, Fn&& fn) {
  using Body = std::remove_reference_t<Fn>;
  detail::parallel_for(
      count, grain,
      [](void* context, std::int64_t begin, std::int64_t end) { (*static_cast<Body*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(std::addressof(fn))));
}

}  // namespace premix
