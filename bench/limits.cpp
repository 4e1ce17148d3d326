#include "limits.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>

#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"

namespace bench {
namespace {

// Seconds of the fastest run. Stops after nine runs without an improvement.
template <class Run>
double fastest(Run&& run) {
  using Clock = std::chrono::steady_clock;
  constexpr int idle_runs = 9, all_runs = 60;
  double best = 1e9;
  for (int i = 0, idle = 0; i < all_runs && idle < idle_runs; ++i) {
    const auto start = Clock::now();
    run();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    idle = seconds < 0.995 * best ? 0 : idle + 1;
    best = std::min(best, seconds);
  }
  return best;
}

// Receives results, so that the compiler keeps their computation.
volatile double sink;

Bandwidth measure_bandwidth(const MemoryLoops& loops, const LargeArray& a, const LargeArray& b, const LargeArray& c) {
  const auto rate = [](int arrays, const auto& run) {
    return arrays * static_cast<double>(LargeArray::bytes) / fastest([&] { over_large_array(run); });
  };
  return {.read = rate(1, [&](std::int64_t i, std::int64_t n) { sink = loops.read(a.data() + i, n); }),
          .copy = rate(2, [&](std::int64_t i, std::int64_t n) { loops.copy(a.data() + i, c.data() + i, n); }),
          .triad = rate(
              3, [&](std::int64_t i, std::int64_t n) { loops.triad(a.data() + i, b.data() + i, c.data() + i, n); })};
}

double measure_peak(const Loops& loops, Numbers numbers, int threads) {
  constexpr std::int64_t rounds = 2'000'000;  // about 10 ms
  const std::int64_t flops = flops_per_round(loops, numbers) * rounds * threads;
  return flops == 0 ? 0 : static_cast<double>(flops) / fastest([&] { multiply_adds(loops, numbers, rounds); });
}

std::vector<Limits> measure_limits() {
  const LargeArray a, b, c;
  const Loops& loops = instruction_sets().back().loops;
  std::vector<Limits> all;
  for (const int threads : thread_counts()) {
    const WithThreads with(threads);
    Bandwidth best{};
    for (const MemoryLoops& memory : loops.memory) {
      const Bandwidth found = measure_bandwidth(memory, a, b, c);
      best = {std::max(best.read, found.read), std::max(best.copy, found.copy), std::max(best.triad, found.triad)};
    }
    all.push_back({threads, best, measure_peak(loops, Numbers::f32, threads),
                   measure_peak(loops, Numbers::f64, threads), measure_peak(loops, Numbers::bf16, threads)});
  }
  return all;
}

std::vector<InstructionSet> detect() {
#if defined(__x86_64__)
  std::vector<InstructionSet> found{{"x86-64-v2", v2::loops()}};
  if (__builtin_cpu_supports("x86-64-v3")) found.push_back({"x86-64-v3", v3::loops()});
  if (__builtin_cpu_supports("x86-64-v4")) found.push_back({"x86-64-v4", v4::loops()});
  return found;
#else
  return {{"generic", generic::loops()}};
#endif
}

}  // namespace

std::vector<int> thread_counts() {
  static const int all = premix::threads();
  std::vector<int> counts{1};
  if (all > 2) counts.push_back(2);
  if (all > 1) counts.push_back(all);
  return counts;
}

const Limits& limits(int threads) {
  static const std::vector<Limits> measured = measure_limits();
  const auto found =
      std::find_if(measured.begin(), measured.end(), [=](const Limits& l) { return l.threads == threads; });
  PREMIX_CHECK(found != measured.end(), "limits: ", threads, " threads are not among those that benchmarks run with");
  return *found;
}

const std::vector<InstructionSet>& instruction_sets() {
  static const std::vector<InstructionSet> found = detect();
  return found;
}

WithThreads::WithThreads(int count) : before_(premix::threads()) { premix::set_threads(count); }
WithThreads::~WithThreads() { premix::set_threads(before_); }

LargeArray::LargeArray() : data_(static_cast<float*>(std::aligned_alloc(std::size_t{2} << 20, bytes))) {
  if (data_ == nullptr) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
  madvise(data_, bytes, MADV_HUGEPAGE);  // a hint: without huge pages, pages are small
#endif
  over_large_array([this](std::int64_t i, std::int64_t n) { std::fill_n(data_ + i, n, 1.0f); });
}
LargeArray::~LargeArray() { std::free(data_); }

void over_large_array(const std::function<void(std::int64_t offset, std::int64_t count)>& fn) {
  constexpr std::int64_t page = 1024;  // floats
  premix::parallel_for(LargeArray::count, page, [&](std::int64_t begin, std::int64_t end) { fn(begin, end - begin); });
}

void multiply_adds(const Loops& loops, Numbers numbers, std::int64_t rounds_per_thread) {
  constexpr std::int64_t parts = 8;  // of each thread's work; a delayed thread leaves its remaining parts to the others
  premix::parallel_for(parts * premix::threads(), 1, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t rounds = (end - begin) * rounds_per_thread / parts;
    if (numbers == Numbers::f32) sink = loops.multiply_add_f32(rounds);
    if (numbers == Numbers::f64) sink = loops.multiply_add_f64(rounds);
    if (numbers == Numbers::bf16) sink = loops.multiply_add_bf16(rounds);
  });
}

std::int64_t flops_per_round(const Loops& loops, Numbers numbers) {
  if (numbers == Numbers::f32) return loops.flops_f32;
  if (numbers == Numbers::f64) return loops.flops_f64;
  return loops.multiply_add_bf16 != nullptr ? loops.flops_bf16 : 0;
}

double clock_rate() {
  constexpr std::int64_t steps = 10'000'000;
  const double seconds = fastest([] {
    std::uint64_t x = 1, key = 3;
    asm volatile("" : "+r"(key));
#pragma GCC unroll 8
    for (std::int64_t i = 0; i < steps; ++i) {
      x ^= key;
      asm volatile("" : "+r"(x));  // each operation depends on the previous one
    }
    sink = static_cast<double>(x);
  });
  return static_cast<double>(steps) / seconds;
}

}  // namespace bench
