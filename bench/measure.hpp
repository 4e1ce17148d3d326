#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "gpu.hpp"
#include "premix/core/cuda.hpp"
#include "premix/core/device.hpp"
#include "premix/core/parallel.hpp"

// The same benchmark on the CPU and on a GPU, in one program, beside a copy on the same device. In use:
//
//   void relu(benchmark::State& state, Device where) {
//     const Shape shape{1, state.range(0), state.range(0), 32};
//     const auto tensor = shape.size() * std::int64_t{sizeof(float)};
//     const std::size_t sets = bench::input_sets(state, where, tensor, tensor);
//     std::vector<Tensor<float>> x;
//     for (std::size_t i = 0; i < sets; ++i) x.push_back(bench::random_between<float>(shape, -1, 1, i, where));
//     if (sets == 0) return;  // no room; state says so
//     Tensor<float> y(shape, where);
//     bench::measure(state, where, 2 * tensor, sets, [&](auto device, std::size_t i) {
//       relu_forward(device, ReluArgs<float>{x[i].data(), y.mutable_data(), shape.size()});
//     });
//   }
//   const bool added = bench::on_each_device([](Device where) { bench::add("relu", where, relu)->ArgName("side")->Arg(1024); });
//
// It becomes relu/cpu/side:1024 and, where there is a GPU, relu/gpu/side:1024. main.cpp says so where there is none.

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

inline benchmark::internal::Benchmark* add(const std::string& name, premix::Device where,
                                           std::function<void(benchmark::State&, premix::Device)> run) {
  const std::string full = name + (where == premix::cpu() ? "/cpu" : "/gpu");
  return benchmark::RegisterBenchmark(full.c_str(), [run, where](benchmark::State& state) { run(state, where); })
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
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

/// Bytes per second, read and written ones together, of a copy by all threads that is larger than the caches. The C library's writes past
/// them at this size, so a loop whose stores fetch first what they overwrite moves more than is counted and can't keep up with it.
inline double copy_rate(premix::Cpu device, std::int64_t) {
  static const double rate = [device] {
    constexpr std::int64_t size = std::int64_t{512} << 20;
    const premix::Buffer from(size, premix::cpu()), to(size, premix::cpu());
    std::memset(from.data(), 1, size);
    std::memset(to.data(), 2, size);
    CpuTimer timer(device);
    double best = 1e9;
    for (int i = 0; i < 5; ++i) {
      timer.start();
      premix::parallel_for(size, 4096, [&](std::int64_t begin, std::int64_t end) {
        std::memcpy(static_cast<char*>(to.data()) + begin, static_cast<const char*>(from.data()) + begin,
                    static_cast<std::size_t>(end - begin));
      });
      best = std::min(best, timer.seconds());
    }
    return 2 * static_cast<double>(size) / best;
  }();
  return rate;
}

/// How many sets of inputs the runs take turns with: enough that none is warm when its turn comes. 0 where a GPU has no room for these, the
/// outputs and the copy: the benchmark is then skipped, and seen to be. What earlier benchmarks left in the pool is released.
inline std::size_t input_sets(benchmark::State& state, premix::Device where, std::int64_t input_bytes, std::int64_t output_bytes) {
  struct Room {
    std::int64_t cache, free;
  };
  const auto room = premix::on_device(where, [](auto device) { return Room{cache_bytes(device), free_bytes(device)}; });
  const std::int64_t sets = std::clamp<std::int64_t>((2 * room.cache + input_bytes - 1) / input_bytes, 1, 32);
  const std::int64_t copy = std::min(input_bytes + output_bytes, std::int64_t{4} << 30);
  const std::int64_t needed = sets * input_bytes + output_bytes + copy + 4 * room.cache;
  if (needed <= room.free) return static_cast<std::size_t>(sets);
  const auto megabytes = [](std::int64_t bytes) { return std::to_string(bytes / 1000000) + " MB"; };
  state.SkipWithError(
      ("skipped: needs " + megabytes(needed) + " of the GPU's memory, of which " + megabytes(room.free) + " are free").c_str());
  return 0;
}

/// Times run(Cpu{} or Cuda{...}, i) with i going round 0 .. sets - 1. bytes: what one run must move, each tensor once. Reports bytes per
/// second, and as of_copy their share of what a copy moves.
template <class Run>
void measure(benchmark::State& state, premix::Device where, std::int64_t bytes, std::size_t sets, Run&& run) {
  premix::on_device(where, [&](auto device) {
    const double copy = copy_rate(device, bytes);
    run(device, std::size_t{0});  // what is loaded, or asked from the system, at first use
    Timer<decltype(device)> timer(device);
    std::size_t i = 0;
    double seconds = 0;
    for (auto _ : state) {
      timer.start();
      run(device, i);
      const double once = timer.seconds();
      state.SetIterationTime(once);
      seconds += once;
      i = (i + 1) % sets;
    }
    state.SetBytesProcessed(state.iterations() * bytes);
    state.counters["of_copy"] = static_cast<double>(state.iterations()) * static_cast<double>(bytes) / seconds / copy;
  });
}

}  // namespace bench
