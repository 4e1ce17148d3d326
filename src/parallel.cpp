#include "premix/core/parallel.hpp"

#include <omp.h>

#include <algorithm>
#include <exception>
#include <mutex>

#include "premix/core/error.hpp"

namespace premix {

int threads() { return omp_get_max_threads(); }

void set_threads(int count) {
  PREMIX_CHECK(count > 0, "set_threads: ", count, " threads asked; give 1 or more");
  omp_set_num_threads(count);
}

void detail::parallel_for(std::int64_t count, std::int64_t grain, RangeBody body, void* context) {
  if (count <= 0) return;
  const std::int64_t grains = (count + grain - 1) / grain;
  const int team = omp_in_parallel() ? 1 : static_cast<int>(std::min<std::int64_t>(threads(), grains));
  if (team == 1) return body(context, 0, count);

  std::exception_ptr error;
  std::mutex error_mutex;
#pragma omp parallel num_threads(team)
  {
    const std::int64_t rank = omp_get_thread_num(), size = omp_get_num_threads();
    const std::int64_t begin = grains * rank / size * grain;
    const std::int64_t end = std::min(count, grains * (rank + 1) / size * grain);
    try {
      if (begin < end) body(context, begin, end);
    } catch (...) {
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace premix
