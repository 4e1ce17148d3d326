#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>

#include "premix/core/memory.hpp"
#include "premix/infer/network/premix_inference.hpp"
#include "premix/infer/sharpener/scene_sharpener.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"
#include "support/message_of.hpp"
#include "support/scene_in_memory.hpp"
#include "support/threads.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

constexpr std::int64_t unlimited = std::int64_t{4} << 30;

SceneInMemory scene(std::int64_t height, std::int64_t width, std::int64_t bands = 4) {
  SceneInMemory result;
  result.pan = uniform_image<float>({1, height, width, 1}, 0, 1, 1);
  result.ms = uniform_image<float>({1, (height + 3) / 4, (width + 3) / 4, bands}, 0, 1, 2);
  result.map = {{0.25, 0.125 - 0.5}, {0.25, 0.125 - 0.5}};
  return result;
}

// Peak bytes of the pool during a run, and the planned bytes.
struct Memory {
  double used, planned;
  std::string parts;
};

// make(source) returns the sharpener. Its memory and that of its weights count.
template <class Make>
Memory memory_of(SceneInMemory& in, const Make& make) {
  const SceneSource source = in.source();
  SceneSink sink = in.sink();
  sink.write = [write = sink.write](const Window& window, const float* values, const std::uint8_t* valid) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // a slow output fills the queue of pieces
    write(window, values, valid);
  };
  release_cached_memory(cpu());
  const std::size_t before = memory_use(cpu()).in_use;
  const auto made = make(source);
  std::size_t most = 0;
  const auto sample_memory = [&] { most = std::max(most, memory_use(cpu()).in_use + memory_use(cpu()).cached); };
  CHECK(made.sharpener.run(source, sink, [&](const SceneProgress&) {
    sample_memory();
    return true;
  }));
  sample_memory();
  const MemoryPlan plan = made.sharpener.memory_plan(source.geometry);
  std::ostringstream parts;
  parts << plan;
  return {static_cast<double>(most - before), static_cast<double>(plan.pool()), parts.str()};
}

struct NetworkSharpener {
  PreMix<float> model;
  SceneSharpener sharpener;
};

auto of_network(const PreMixConfig& config, const SharpenOptions& options) {
  return [=](const SceneSource&) {
    PreMix<float> model(config);
    SceneSharpener sharpener(model, options);
    return NetworkSharpener{std::move(model), std::move(sharpener)};
  };
}

struct ClassicalSharpener {
  SceneSharpener sharpener;
};

auto of_method(ClassicalMethod method, const SharpenOptions& options) {
  return [=](const SceneSource& source) {
    return ClassicalSharpener{SceneSharpener(classical_fusion(method, source), options)};
  };
}

void check_planned(const Memory& memory) {
  CAPTURE(memory.parts);
  CHECK(memory.used <= memory.planned);
  CHECK(memory.used >= 0.7 * memory.planned);
}

}  // namespace

TEST_CASE("a network uses 70 to 100 % of the planned memory", "[sharpener][memory]") {
  // Every pair of values.
  const auto [layers, bands, rounds, width] = GENERATE(table<int, int, int, std::int64_t>(
      {{3, 8, 2, 1500}, {3, 4, 0, 300}, {1, 8, 0, 300}, {1, 4, 2, 300}, {1, 4, 0, 1500}}));
  CAPTURE(layers, bands, rounds, width);
  SceneInMemory in = scene(520, width, bands);
  const PreMixConfig config = {.bands = bands, .embed_dim = 8, .num_layers = layers};
  check_planned(memory_of(in, of_network(config, {.max_memory = unlimited, .back_projections = rounds})));
}

TEST_CASE("a network uses the planned memory with any number of threads, limit and precision",
          "[sharpener][memory][threads]") {
  SceneInMemory in = scene(520, 700);
  const PreMixConfig config = {.bands = 4, .embed_dim = 32};
  // Every pair of values.
  const auto [count, limit, precision] =
      GENERATE(table<int, std::int64_t, Precision>({{1, 300000000, Precision::float32},
                                                    {1, 1000000000, Precision::bfloat16},
                                                    {2, 1000000000, Precision::float32},
                                                    {2, 300000000, Precision::bfloat16}}));
  if (precision == Precision::bfloat16 && !bfloat16_available()) PREMIX_SKIP("no AVX512-BF16");
  CAPTURE(count, limit, precision);
  const Threads threads(count);
  check_planned(memory_of(in, of_network(config, {.max_memory = limit, .precision = precision})));
}

TEST_CASE("a classical method uses 70 to 100 % of the planned memory", "[sharpener][memory]") {
  const ClassicalMethod method = GENERATE(ClassicalMethod::exp, ClassicalMethod::gsa, ClassicalMethod::mtf_glp);
  const int rounds = GENERATE(0, 2);
  const std::int64_t bands = GENERATE(4, 8);
  CAPTURE(classical_method_name(method), rounds, bands);
  for (const std::int64_t width : {300, 1500}) {
    CAPTURE(width);
    SceneInMemory in = scene(700, width, bands);
    check_planned(memory_of(in, of_method(method, {.max_memory = unlimited, .back_projections = rounds})));
  }
}

TEST_CASE("invalid pixels and a longer scene use no more memory than planned", "[sharpener][memory]") {
  const PreMixConfig config = {.bands = 4, .embed_dim = 8};
  const auto make = of_network(config, {.max_memory = unlimited, .back_projections = 2});
  SceneInMemory in = scene(1200, 700);
  const Memory all_valid = memory_of(in, make);
  check_planned(all_valid);

  in.pan_valid.assign(1200 * 700, 1);
  in.ms_valid.assign(300 * 175, 1);
  for (std::size_t i = 0; i < 500 * 700; ++i) in.pan_valid[i] = i / 700 < 300 || i % 3 == 0 ? 0 : 1;
  for (std::size_t i = 220 * 175; i < in.ms_valid.size(); i += 5) in.ms_valid[i] = 0;
  check_planned(memory_of(in, make));

  SceneInMemory longer = scene(2400, 700);
  const Memory twice = memory_of(longer, make);
  CHECK(twice.used <= twice.planned);
  CHECK(twice.used < 1.02 * all_valid.used);
}
