#pragma once

#include <functional>
#include <string>
#include <vector>

#include "limit_loops.hpp"

// What this machine can do at most, measured in the process that asks. Benchmarks report their share of it.

namespace bench {

/// Bytes per second, read and written ones together, between processor and memory: arrays larger than the caches, on
/// huge pages where the system gives them, in memory that was touched before. copy and triad write past the caches, so
/// that what moves is what is counted.
struct Bandwidth {
  double read, copy, triad;
};

/// Of a number of threads. As STREAM has it, rates are those of the fastest of several runs: a limit is what others
/// leave when they leave most.
struct Limits {
  int threads;
  Bandwidth bandwidth;
  double f32, f64,
      bf16;  // FLOP/s of multiply-adds, two each, with the processor's best instruction set; 0 where it has none

  double peak(Numbers numbers) const { return numbers == Numbers::f32 ? f32 : numbers == Numbers::f64 ? f64 : bf16; }
};

/// How many threads benchmarks are run with: 1, 2, and one for each processor that this process may use.
std::vector<int> thread_counts();

/// One of thread_counts(). Measured at first use, for all of them.
const Limits& limits(int threads);

/// The loops of an instruction set that this processor has.
struct InstructionSet {
  std::string name;
  Loops loops;
};

/// From the oldest to the newest.
const std::vector<InstructionSet>& instruction_sets();

/// While it lives, parallel_for on this thread uses so many threads.
class WithThreads {
 public:
  explicit WithThreads(int count);
  ~WithThreads();
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int before_;
};

/// Memory larger than the caches, touched, on huge pages where the system gives them. Given back to the system at the
/// end.
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

/// Calls fn(offset, count) for parts of a LargeArray, on several threads.
void over_large_array(const std::function<void(std::int64_t offset, std::int64_t count)>& fn);

/// Multiply-adds of all threads at once, each of which does the same number of rounds.
void multiply_adds(const Loops& loops, Numbers numbers, std::int64_t rounds_per_thread);

/// FLOPs of one round in one thread; 0 where the instruction set has no such loop.
std::int64_t flops_per_round(const Loops& loops, Numbers numbers);

/// Processor cycles per second, from operations that take one each. For telling whether a rate is plausible.
double clock_rate();

}  // namespace bench
