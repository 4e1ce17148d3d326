// Limits of the machine: memory, and multiply-adds of every instruction set and number type. Streaming copies and the
// newest multiply-adds reach a share of about 1, because the limits use the same loops. The shares of the others show
// their loss.

#include <cstring>
#include <memory>

#include "measure.hpp"

namespace {

using namespace premix;
using bench::LargeArray, bench::Numbers;

// Allocated at first use and kept.
struct Arrays {
  LargeArray a, b, c;
};
const Arrays& arrays() {
  static const auto made = std::make_unique<Arrays>();
  return *made;
}

using Part = std::function<void(std::int64_t offset, std::int64_t count)>;

void add_memory(const std::string& name, Device where, int moved, const Part& part) {
  bench::add("memory/" + name, where, [=](benchmark::State& state, Device there) {
    arrays();
    const std::int64_t bytes = moved * LargeArray::bytes;
    bench::measure(state, there, {.bytes = bytes, .read = moved == 1 ? bytes : 0}, 1,
                   [&](auto, std::size_t) { bench::over_large_array(part); });
  });
}

void add_loops(Device where, const std::string& suffix, const bench::MemoryLoops& loops) {
  add_memory("read" + suffix, where, 1,
             [=](std::int64_t i, std::int64_t n) { benchmark::DoNotOptimize(loops.read(arrays().a.data() + i, n)); });
  add_memory("copy" + suffix, where, 2,
             [=](std::int64_t i, std::int64_t n) { loops.copy(arrays().a.data() + i, arrays().c.data() + i, n); });
  add_memory("triad" + suffix, where, 3, [=](std::int64_t i, std::int64_t n) {
    loops.triad(arrays().a.data() + i, arrays().b.data() + i, arrays().c.data() + i, n);
  });
}

void add_multiply_adds(Device where, const bench::InstructionSet& set, const std::string& type, Numbers numbers) {
  const std::int64_t per_round = bench::flops_per_round(set.loops, numbers);
  const std::string name = "multiply_add/" + set.name + '/' + type;
  bench::add(name, where, [=, loops = set.loops](benchmark::State& state, Device there) {
    if (per_round == 0) return state.SkipWithError("absent: this instruction set or processor has none");
    constexpr std::int64_t rounds = 2'000'000;
    const std::int64_t flops = per_round * rounds * threads();
    bench::measure(state, there, {.flops = flops, .numbers = numbers}, 1,
                   [&](auto, std::size_t) { bench::multiply_adds(loops, numbers, rounds); });
    state.counters["per_cycle"] = state.counters["FLOP/s"] / threads() / bench::clock_rate();
  });
}

const bool added = bench::on_each_device([](Device where) {
  if (where != cpu()) return;  // gpu.cpp measures the copies of a GPU
  const auto& newest = bench::instruction_sets().back();
  add_loops(where, "", newest.loops.memory[0]);
  add_loops(where, "_prefetched", newest.loops.memory[1]);
  add_memory("memcpy", where, 2, [](std::int64_t i, std::int64_t n) {
    std::memcpy(arrays().c.data() + i, arrays().a.data() + i, static_cast<std::size_t>(n) * sizeof(float));
  });
  for (const auto& set : bench::instruction_sets()) {
    add_multiply_adds(where, set, "float", Numbers::f32);
    add_multiply_adds(where, set, "double", Numbers::f64);
    if (&set == &newest) add_multiply_adds(where, set, "bf16", Numbers::bf16);
  }
});

}  // namespace
