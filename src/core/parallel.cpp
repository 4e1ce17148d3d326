#include "premix/core/parallel.hpp"

#if defined(__linux__)
#include <sched.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>

#include "core/float_mode.hpp"
#include "premix/core/error.hpp"

// A private thread pool instead of OpenMP. Threads of libgomp spin while they wait for each other. If other programs
// use the processors too, the spinning delays the awaited thread. Ten small training steps on two shared cores took 21
// to 39 s with spinning and 0.9 s without. Here no call waits for a thread that has not started: the caller runs the
// remaining work.

namespace premix {
namespace {

int available_processors() {
  if (const char* wanted = std::getenv("OMP_NUM_THREADS")) {
    const int count = std::atoi(wanted);
    if (count > 0) return count;
  }
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

thread_local int thread_limit = 0;          // set_threads(); 0: number of processors
thread_local bool inside_parallel = false;  // this thread runs a part of a parallel_for

struct Job {
  detail::RangeBody body;
  void* context;
  std::int64_t count, piece;  // number of indices, and indices per piece
  std::atomic<int> invitations;
  std::atomic<std::int64_t> taken = 0, done = 0;  // indices
  std::mutex error_mutex;
  std::exception_ptr error;

  Job(detail::RangeBody b, void* c, std::int64_t n, std::int64_t p, int helpers)
      : body(b), context(c), count(n), piece(p), invitations(helpers) {}

  void work() {
    const core::SubnormalsKept subnormals;
    inside_parallel = true;
    for (;;) {
      const std::int64_t begin = taken.fetch_add(piece);
      if (begin >= count) break;
      const std::int64_t end = std::min(begin + piece, count);
      try {
        body(context, begin, end);
      } catch (...) {
        const std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
      }
      if (done.fetch_add(end - begin) + (end - begin) == count) done.notify_all();
    }
    inside_parallel = false;
  }

  void wait() const {
    for (std::int64_t seen = done; seen < count; seen = done) done.wait(seen);
  }
};

class Pool {
 public:
  // Threads start on first use and stay.
  void offer(const std::shared_ptr<Job>& job, int helpers) {
    {
      const std::lock_guard lock(mutex_);
      for (; workers_ < helpers; ++workers_) std::thread([this] { serve(); }).detach();
      job_ = job;
      ++offers_;
    }
    offered_.notify_all();
  }

 private:
  void serve() {
    std::uint64_t seen = 0;
    for (;;) {
      std::shared_ptr<Job> job;
      watch(seen);
      {
        std::unique_lock lock(mutex_);
        offered_.wait(lock, [&] { return offers_ != seen; });
        seen = offers_;
        job = job_;
      }
      if (job->invitations.fetch_sub(1) > 0) job->work();
    }
  }

  // The loops of a network follow each other closely. A wake-up takes longer than the gap between two loops, so the
  // thread spins for that long.
  void watch(std::uint64_t seen) const {
    constexpr std::chrono::microseconds awake(50);
    const auto until = std::chrono::steady_clock::now() + awake;
    while (offers_.load(std::memory_order_relaxed) == seen && std::chrono::steady_clock::now() < until) {
    }
  }

  std::mutex mutex_;
  std::condition_variable offered_;
  std::shared_ptr<Job> job_;
  std::atomic<std::uint64_t> offers_ = 0;
  int workers_ = 0;
};

// Never destroyed: its threads wait on it until the process ends.
Pool& pool() {
  static auto* instance = new Pool;
  return *instance;
}

}  // namespace

int threads() {
  static const int processors = available_processors();
  return thread_limit > 0 ? thread_limit : processors;
}

void set_threads(int count) {
  PREMIX_CHECK(count > 0, "set_threads: ", count, " threads. Use 1 or more.");
  thread_limit = count;
}

void detail::parallel_for(std::int64_t count, std::int64_t grain, RangeBody body, void* context) {
  if (count <= 0) return;
  const std::int64_t grains = (count + grain - 1) / grain;
  const auto team = static_cast<int>(std::min<std::int64_t>(threads(), grains));
  if (team == 1 || inside_parallel) {
    const core::SubnormalsKept subnormals;
    return body(context, 0, count);
  }

  // Several pieces per thread, so that a delayed thread leaves its share to the others.
  const std::int64_t pieces = std::min<std::int64_t>(grains, 4 * team), piece = (grains + pieces - 1) / pieces * grain;
  const auto job = std::make_shared<Job>(body, context, count, piece, team - 1);
  pool().offer(job, team - 1);
  job->work();
  job->wait();
  if (job->error) std::rethrow_exception(job->error);
}

}  // namespace premix
