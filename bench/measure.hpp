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

// Runs the same benchmark on the CPU and on a GPU, and compares it with the limits of the device. Example:
//
//   void relu(benchmark::State& state, Device where) {
//     const Shape shape{1, state.range(0), state.range(0), 32};
//     const auto tensor = bench::bytes_of<float>(shape);
//     const std::size_t sets = bench::input_sets(state, where, tensor, tensor);
//     std::vector<Tensor<float>> x;
//     for (std::size_t i = 0; i < sets; ++i) x.push_back(bench::random_between<float>(shape, -1, 1, i, where));
//     if (sets == 0) return;  // no room: the benchmark is skipped
//     Tensor<float> y(shape, where);
//     bench::measure(state, where, {.bytes = 2 * tensor}, sets, [&](auto device, std::size_t i) {
//       relu_forward(device, ReluArgs<float>{x[i].data(), y.mutable_data(), shape.size()});
//     });
//   }
//   const bool added = bench::on_each_device(
//       [](Device where) { bench::add("relu", where, relu).arg_names({"side"}).args({1024}); });
//
// The benchmark is named relu/cpu/threads:1/side:1024, likewise for other numbers of threads, and relu/gpu/side:1024 on
// a GPU. Without a GPU, main.cpp reports that. On the CPU, the column CPU counts all threads. If it is far below
// threads times Time, threads waited for work or for a processor.

namespace bench {

using AddBenchmarks = void (*)(premix::Device);

inline std::vector<AddBenchmarks>& registered() {
  static std::vector<AddBenchmarks> all;
  return all;
}

/// Registers `add`. main() calls add(cpu()), and add(cuda(0)) if there is a GPU.
inline bool on_each_device(AddBenchmarks add) {
  registered().push_back(add);
  return true;
}

/// One Google Benchmark per number of threads. Every setting applies to all of them.
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

/// Bytes of a tensor of this shape in T.
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

/// Larger than the caches of most processors.
inline std::int64_t cache_bytes(premix::Cpu) { return std::int64_t{64} << 20; }

/// Unlimited: CPU benchmarks use sizes that fit in any machine.
inline std::int64_t free_bytes(premix::Cpu) { return std::numeric_limits<std::int64_t>::max(); }

/// Median of at least one value. For an even count, the greater of the middle two.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Bytes per second, read plus written, of a copy with the threads of parallel_for.
inline double copy_rate(premix::Cpu, std::int64_t) { return limits(premix::threads()).bandwidth.copy; }

/// Bytes per second of reading alone. 0 if unknown.
inline double read_rate(premix::Cpu) { return limits(premix::threads()).bandwidth.read; }
inline double read_rate(premix::Cuda) { return 0; }

/// Peak FLOP/s of multiply-adds. 0 if unknown.
inline double peak_rate(premix::Cpu, Numbers numbers) { return limits(premix::threads()).peak(numbers); }
inline double peak_rate(premix::Cuda device, Numbers numbers) {
  return numbers == Numbers::bf16 ? matrix_rate(device) : 0;
}

/// Number of input sets that the runs cycle through, so that inputs are cold. Returns 0 if a GPU has no room for the
/// inputs, the outputs and the copy; the report then shows the benchmark as skipped. Releases cached pool memory of
/// benchmarks with other sizes.
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

/// Minimum work of one run: bytes moved, each tensor once, and FLOPs, two per multiply-add. 0: not reported.
struct Work {
  std::int64_t bytes = 0, flops = 0;
  std::int64_t read = 0;           // part of bytes, set where reads dominate: reading alone has its own limit
  Numbers numbers = Numbers::f32;  // type of the FLOPs
};

/// Times run(Cpu{} or Cuda{...}, i), where i cycles through 0 .. sets - 1. Reports bytes/s and FLOP/s. of_copy, of_read
/// and of_peak are the shares of the limits of a copy, of reading alone and of multiply-adds. All values are of the
/// median run; Google Benchmark prints the mean time.
template <class Run>
void measure(benchmark::State& state, premix::Device where, const Work& work, std::size_t sets, Run&& run) {
  premix::on_device(where, [&](auto device) {
    const double read = work.read > 0 ? read_rate(device) : 0;
    const double copy = work.bytes > 0 ? copy_rate(device, work.bytes) : 0,
                 peak = work.flops > 0 ? peak_rate(device, work.numbers) : 0;
    run(device, std::size_t{0});  // warm-up: first use loads kernels and allocates memory
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
