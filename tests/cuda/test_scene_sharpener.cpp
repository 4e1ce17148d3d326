#include "premix/infer/sharpener/scene_sharpener.hpp"

#include "cuda/on_device.hpp"
#include "premix/core/cuda.hpp"
#include "support/scene_in_memory.hpp"
#include "support/variables.hpp"

namespace premix {

using testing::gpu;
using testing::parity;

TEST_CASE("a scene fused by a network on a GPU matches the CPU", "[cuda][sharpener]") {
  PREMIX_REQUIRE_GPU();
  const auto precision = GENERATE(Precision::float32, Precision::bfloat16);
  CAPTURE(precision_name(precision));
  const int features = precision == Precision::float32 ? 4 : 16;
  const PreMix<float> model({.bands = 3, .embed_dim = features});
  testing::SceneInMemory scene;
  scene.pan = testing::uniform_image<float>({1, 25, 38, 1}, 0, 1, 1);
  scene.ms = testing::uniform_image<float>({1, 7, 10, 3}, 0, 1, 2);
  scene.map = {{0.25, 0.125 - 0.5}, {0.25, 0.125 - 0.5}};
  scene.pan_valid.assign(25 * 38, 1);
  scene.pan_valid[40] = 0;
  const SharpenOptions options = {.clahe_cell = 16};
  REQUIRE(SceneSharpener(model, options).run(scene.source(), scene.sink()));
  const Tensor<float> expected = scene.fused;
  const auto valid = scene.fused_valid;
  PreMix<float> there = model.clone();
  move_parameters(there, gpu());
  in_own_stream(gpu(), [&] {
    CHECK(SceneSharpener(there, {.clahe_cell = 16, .precision = precision}).run(scene.source(), scene.sink()));
  });
  CHECK(scene.complete());
  CHECK(scene.fused_valid == valid);
  CHECK(parity(scene.fused.to(gpu()), expected) < (precision == Precision::float32 ? 1e-5 : 2e-2));
}

}  // namespace premix
