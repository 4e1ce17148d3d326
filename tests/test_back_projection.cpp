#include "premix/infer/projection/back_projection.hpp"

#include "premix/infer/projection/average.hpp"
#include "premix/metrics/consistency.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/scene_files.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

// An MS, the map of a PAN with ratio 2 and common centres, and a fused image that is too bright and has its own
// details.
struct Biased {
  Grid ms_grid = scene_ms_grid(20, 16), pan_grid = scene_pan_grid(ms_grid, 2, Alignment::centres);
  GridMap map = map_by_geotransform(pan_grid, ms_grid);
  Tensor<float> ms = uniform_image<float>({1, 16, 20, 3}, 0.3, 0.6, 1);
  Tensor<float> fused = uniform_image<float>({1, pan_grid.height, pan_grid.width, 3}, 0.4, 0.9, 2);

  Consistency after(int rounds) const {
    const auto [average, part] =
        average_on_ms_grid(back_projected(fused, ms, map, rounds), map, ms_grid.height, ms_grid.width);
    return consistency(average, crop(ms, part), 2.0);
  }
};

}  // namespace

TEST_CASE("back-projection removes the bias and approaches the MS in each round", "[back_projection]") {
  const Biased image;
  CHECK(image.after(0).bias[1] > 0.2);
  CHECK(std::abs(image.after(1).bias[1]) < 0.01);
  CHECK(std::abs(image.after(4).bias[1]) < 0.001);
  CHECK(image.after(1).ergas < 0.5 * image.after(0).ergas);
  CHECK(image.after(4).ergas < 0.5 * image.after(1).ergas);
}

TEST_CASE("back-projection keeps an image that agrees with the MS, and any image in 0 rounds", "[back_projection]") {
  const Biased image;
  CHECK(same_bits(back_projected(image.fused, image.ms, image.map, 0), image.fused));
  const auto flat = Tensor<float>::full(image.fused.shape(), 0.5f),
             flat_ms = Tensor<float>::full(image.ms.shape(), 0.5f);
  CHECK(largest_difference(back_projected(flat, flat_ms, image.map, 3), flat) < 1e-6);
}

TEST_CASE("back-projection of images with different bands is an error", "[back_projection]") {
  const Biased image;
  CHECK_THAT(message_of(ErrorKind::runtime,
                        [&] {
                          back_projected(image.fused, Tensor<float>::zeros({1, 16, 20, 4}), image.map, 1);
                        }),
             contains("same bands"));
}
