#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gpu.hpp"
#include "limits.hpp"
#include "premix/core/cuda.hpp"
#include "premix/core/device.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"
#include "premix/core/shape.hpp"

// The same benchmark on the CPU and on a GPU, in one program, beside what the device can do at most. In use:
//
//   void relu(benchmark::State& state, Device where) {
//     const Shape shape{1, state.range(0), state.range(0), 32};
//     const auto tensor = bench::bytes_of<float>(shape);
//     const std::size_t sets = bench::input_sets(state, where, tensor, tensor);
//     std::vector<Tensor<float>> x;
//     for (std::size_t i = 0; i < sets; ++i) x.push_back(bench::random_between<float>(shape, -1, 1, i, where));
//     if (sets == 0) return;  // no room; state says so
//     Tensor<float> y(shape, where);
//     bench::measure(state, where, {.bytes = 2 * tensor}, sets, [&](auto device, std::size_t i) {
//       relu_forward(device, ReluArgs<float>{x[i].data(), y.mutable_data(), shape.size()});
//     });
//   }
//   const bool added = bench::on_each_device([](Device where) { bench::add("relu", where,
//   relu).arg_names({"side"}).args({1024}); });
//
// It becomes relu/cpu/threads:1/side:1024, the same for other numbers of threads, and, where there is a GPU,
// relu/gpu/side:1024. main.cpp says so where there is none. On the CPU, the column CPU counts all threads: where it is
// far below threads times Time, they waited for work or for a processor.

namespace bench {

using AddBenchmarks = void (*)(premix::Device);

inline std::vector<AddBenchmarks>& registered() {
  static std::vector<AddBenchmarks> all;
  return all;
}

/// main() calls add(cpu()), and add(cuda(0)) where there is a GPU.
inline bool on_each_device(AddBenchmarks add) {
  registered().push_back(add);
  return true;
}

/// One benchmark as Google Benchmark knows it for each number of threads. What is asked of it is asked of all.
class Added {
 public:
  void push_back(benchmark::internal::Benchmark* one) { all_.push_back(one); }
  Added& arg_names(const std::vector<std::string>& names) {
    for (auto* one : all_) one->ArgNames(names);
    return *this;
  }
  Added& args(const std::vector<std::int64_t>& values) {
    for (auto* one : all_) one->Args(values);
    return *this;
  }

 private:
  std::vector<benchmark::internal::Benchmark*> all_;
};

inline Added add(const std::string& name, premix::Device where,
                 const std::function<void(benchmark::State&, premix::Device)>& run) {
  Added added;
  const auto add_one = [&](const std::string& full, const std::function<void(benchmark::State&)>& run_one) {
    auto* one = benchmark::RegisterBenchmark(full.c_str(), run_one)->UseManualTime()->Unit(benchmark::kMillisecond);
    added.push_back(one);
    return one;
  };
  if (where != premix::cpu()) {
    add_one(name + "/gpu", [=](benchmark::State& state) { run(state, where); });
    return added;
  }
  for (const int threads : thread_counts())
    add_one(name + "/cpu/threads:" + std::to_string(threads), [=](benchmark::State& state) {
      const WithThreads with(threads);
      run(state, where);
    })->MeasureProcessCPUTime();
  return added;
}

/// Bytes of a tensor of that shape in T.
template <class T>
constexpr std::int64_t bytes_of(premix::Shape shape) {
  return shape.size() * static_cast<std::int64_t>(sizeof(T));
}

class CpuTimer {
 public:
  explicit CpuTimer(premix::Cpu) {}
  void start() { start_ = Clock::now(); }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_;
};

template <class DeviceTag>
using Timer = std::conditional_t<std::is_same_v<DeviceTag, premix::Cpu>, CpuTimer, GpuTimer>;

/// More than most processors have.
inline std::int64_t cache_bytes(premix::Cpu) { return std::int64_t{64} << 20; }

/// Not limited here: benchmarks on the CPU are of sizes that any machine has room for.
inline std::int64_t free_bytes(premix::Cpu) { return std::numeric_limits<std::int64_t>::max(); }

/// Not empty; the greater of the middle two where there are two.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Bytes per second, read and written ones together, of a copy by as many threads as parallel_for uses.
inline double copy_rate(premix::Cpu, std::int64_t) { return limits(premix::threads()).bandwidth.copy; }

/// The same of reading alone; 0 where that isn't known.
inline double read_rate(premix::Cpu) { return limits(premix::threads()).bandwidth.read; }
inline double read_rate(premix::Cuda) { return 0; }

/// FLOP/s of multiply-adds at most; 0 where that isn't known.
inline double peak_rate(premix::Cpu, Numbers numbers) { return limits(premix::threads()).peak(numbers); }
inline double peak_rate(premix::Cuda device, Numbers numbers) {
  return numbers == Numbers::bf16 ? matrix_rate(device) : 0;
}

/// How many sets of inputs the runs take turns with: enough that none is warm when its turn comes. 0 where a GPU has no
/// room for these, the outputs and the copy: the benchmark is then skipped, and seen to be. What benchmarks of other
/// sizes left in the pool is released.
inline std::size_t input_sets(benchmark::State& state, premix::Device where, std::int64_t input_bytes,
                              std::int64_t output_bytes) {
  struct Room {
    std::int64_t cache, free;
  };
  static std::int64_t last_bytes = 0;
  if (const std::int64_t bytes = input_bytes + output_bytes; bytes != std::exchange(last_bytes, bytes))
    premix::release_cached_memory(where);
  const auto room = premix::on_device(where, [](auto device) { return Room{cache_bytes(device), free_bytes(device)}; });
  const std::int64_t sets = std::clamp<std::int64_t>((2 * room.cache + input_bytes - 1) / input_bytes, 1, 32);
  const std::int64_t copy = std::min(input_bytes + output_bytes, std::int64_t{4} << 30);
  const std::int64_t needed = sets * input_bytes + output_bytes + copy + 4 * room.cache;
  if (needed <= room.free) return static_cast<std::size_t>(sets);
  const auto megabytes = [](std::int64_t bytes) { return std::to_string(bytes / 1000000) + " MB"; };
  state.SkipWithError(
      ("skipped: needs " + megabytes(needed) + " of the GPU's memory, of which " + megabytes(room.free) + " are free")
          .c_str());
  return 0;
}

/// What one run must do at least: the bytes that it must move, each tensor once, and the FLOPs, a multiply-add being
/// two. 0: not reported.
struct Work {
  std::int64_t bytes = 0, flops = 0;
  std::int64_t read =
      0;  // those of the bytes that are read, told where they are most: reading alone has a limit of its own
  Numbers numbers = Numbers::f32;  // what the FLOPs are done in
};

/// Times run(Cpu{} or Cuda{...}, i) with i going round 0 .. sets - 1. Reports bytes per second and, as of_copy, their
/// share of what a copy moves; as of_read the share of what reading alone reaches; FLOP/s and, as of_peak, their share
/// of what multiply-adds reach. All are those of the median run; the time that Google Benchmark prints is the mean.
template <class Run>
void measure(benchmark::State& state, premix::Device where, const Work& work, std::size_t sets, Run&& run) {
  premix::on_device(where, [&](auto device) {
    const double read = work.read > 0 ? read_rate(device) : 0;
    const double copy = work.bytes > 0 ? copy_rate(device, work.bytes) : 0,
                 peak = work.flops > 0 ? peak_rate(device, work.numbers) : 0;
    run(device, std::size_t{0});  // what is loaded, or asked from the system, at first use
    Timer<decltype(device)> timer(device);
    std::size_t i = 0;
    std::vector<double> seconds;
    for (auto _ : state) {
      timer.start();
      run(device, i);
      seconds.push_back(timer.seconds());
      state.SetIterationTime(seconds.back());
      i = (i + 1) % sets;
    }
    const double per_second = 1 / median(seconds);
    if (work.bytes > 0) state.counters["bytes/s"] = per_second * static_cast<double>(work.bytes);
    if (work.flops > 0) state.counters["FLOP/s"] = per_second * static_cast<double>(work.flops);
    if (copy > 0) state.counters["of_copy"] = per_second * static_cast<double>(work.bytes) / copy;
    if (read > 0) state.counters["of_read"] = per_second * static_cast<double>(work.read) / read;
    if (peak > 0) state.counters["of_peak"] = per_second * static_cast<double>(work.flops) / peak;
  });
}

}  // namespace bench
