#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace premix {

/// Number of threads that parallel_for uses when called by this thread. Default: OMP_NUM_THREADS, else one per
/// processor available to this process.
int threads();

/// Sets the number of threads for the calling thread.
void set_threads(int count);

namespace detail {
using RangeBody = void (*)(void* context, std::int64_t begin, std::int64_t end);
void parallel_for(std::int64_t count, std::int64_t grain, RangeBody body, void* context);
}  // namespace detail

/// Calls fn(begin, end) on several threads, for ranges that cover 0 .. count - 1 once. Each range starts at a multiple
/// of grain. The ranges depend on the number of threads, so the result of fn for an index must not depend on its range.
/// Rethrows the first exception of fn. Inside another parallel_for it runs on the calling thread only.
template <class Fn>
void parallel_for(std::int64_t count, std::int64_t grain, Fn&& fn) {
  using Body = std::remove_reference_t<Fn>;
  detail::parallel_for(
      count, grain,
      [](void* context, std::int64_t begin, std::int64_t end) { (*static_cast<Body*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(std::addressof(fn))));
}

}  // namespace premix
