#pragma once

#include <functional>
#include <string>
#include <vector>

#include "limit_loops.hpp"

// Limits of this machine, measured in the calling process. Benchmarks report their share of them.

namespace bench {

/// Bytes per second, read plus written, between processor and memory. Arrays are larger than the caches, initialised,
/// and on huge pages where available. copy and triad use streaming stores, so the counted bytes are the moved bytes.
struct Bandwidth {
  double read, copy, triad;
};

/// Limits of a number of threads. As in STREAM, rates are those of the fastest of several runs, with the least
/// disturbance by other programs.
struct Limits {
  int threads;
  Bandwidth bandwidth;
  double f32, f64,
      bf16;  // FLOP/s of multiply-adds, two each, with the processor's best instruction set; 0 where it has none

  double peak(Numbers numbers) const { return numbers == Numbers::f32 ? f32 : numbers == Numbers::f64 ? f64 : bf16; }
};

/// Thread counts of the benchmarks: 1, 2, and one thread per processor of this process.
std::vector<int> thread_counts();

/// Limits for one of thread_counts(). All are measured at first use.
const Limits& limits(int threads);

/// Loops of an instruction set of this processor.
struct InstructionSet {
  std::string name;
  Loops loops;
};

/// From oldest to newest.
const std::vector<InstructionSet>& instruction_sets();

/// Sets the number of threads of parallel_for on this thread during its lifetime.
class WithThreads {
 public:
  explicit WithThreads(int count);
  ~WithThreads();
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int before_;
};

/// Initialised memory larger than the caches, on huge pages where available. The destructor returns it to the system.
class LargeArray {
 public:
  static constexpr std::int64_t bytes = std::int64_t{256} << 20;
  static constexpr std::int64_t count = bytes / std::int64_t{sizeof(float)};

  LargeArray();
  ~LargeArray();
  LargeArray(const LargeArray&) = delete;
  LargeArray& operator=(const LargeArray&) = delete;

  float* data() const { return data_; }

 private:
  float* data_;
};

/// Calls fn(offset, count) for parts of a LargeArray on several threads.
void over_large_array(const std::function<void(std::int64_t offset, std::int64_t count)>& fn);

/// Runs multiply-adds on all threads, with the same number of rounds on each.
void multiply_adds(const Loops& loops, Numbers numbers, std::int64_t rounds_per_thread);

/// FLOPs of one round in one thread. 0 if the instruction set has no such loop.
std::int64_t flops_per_round(const Loops& loops, Numbers numbers);

/// Processor cycles per second, from operations of one cycle each. Shows whether a rate is plausible.
double clock_rate();

}  // namespace bench
