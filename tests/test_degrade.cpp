#include "premix/data/degrade.hpp"

#include "premix/image/bicubic.hpp"
#include "premix/image/blur.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/pairs.hpp"

using namespace premix;

TEST_CASE("a reduced sample has the MS as truth and degraded images as input", "[degrade]") {
  for (const int ratio : {2, 4}) {
    const auto pair = noise_pair("a", 16, 24, 5, ratio);
    const Sample sample = reduced_sample(pair, ratio);
    CHECK(sample.name == "a");
    CHECK(same_bits(sample.truth, pair.ms));
    CHECK(sample.ms.shape() == Shape{1, 16 / ratio, 24 / ratio, 5});
    CHECK(sample.pan.shape() == Shape{1, 16, 24, 1});
    CHECK(same_bits(sample.pan, bicubic_downscale(gaussian_blur(pair.pan), ratio)));
    CHECK(same_bits(sample.up_ms, bicubic_resize(sample.ms, 16, 24)));
  }
}

TEST_CASE("a full sample has the unchanged images and no truth", "[degrade]") {
  const auto pair = noise_pair("a", 6, 10, 2, 2);
  const Sample sample = full_sample(pair);
  CHECK(same_bits(sample.ms, pair.ms));
  CHECK(same_bits(sample.pan, pair.pan));
  CHECK(same_bits(sample.up_ms, bicubic_resize(pair.ms, 12, 20)));
  CHECK(sample.truth.empty());
}

TEST_CASE("degrade keeps a constant, and a ramp except at its borders", "[degrade]") {
  const auto constant = degrade(Tensor<double>::full({1, 12, 16, 2}, 0.375), 4);
  for (const double value : constant.values()) CHECK(value == Approx(0.375).epsilon(1e-14));

  Tensor<double> ramp({1, 32, 32, 1});
  for (std::int64_t i = 0; i < ramp.size(); ++i)
    ramp.mutable_data()[i] = static_cast<double>(i % 32) + 100.0 * static_cast<double>(i / 32);
  const auto reduced = degrade(ramp, 4);
  for (std::int64_t y = 1; y < 7; ++y)
    for (std::int64_t x = 1; x < 7; ++x)
      CHECK(reduced(0, y, x, 0) == Approx(4 * x + 1.5 + 100 * (4 * y + 1.5)).epsilon(1e-12));
}

TEST_CASE("sizes unsuitable for the network are errors that name suitable ones", "[degrade]") {
  const auto error_of = [](std::int64_t h, std::int64_t w, int ratio, Protocol protocol) {
    return message_of(ErrorKind::data,
                      [&] { check_network_takes(noise_pair("7.mat", h, w, 1, ratio), ratio, protocol); });
  };
  const auto reduced = Protocol::reduced, full = Protocol::full;
  CHECK_THAT(error_of(18, 20, 4, reduced),
             contains("7.mat: MS 18 x 20: rows and columns must be multiples of 4. Cut it to 16 x 20"));
  CHECK_THAT(error_of(16, 22, 2, reduced), contains("must be multiples of 4. Cut it to 16 x 20"));
  CHECK_THAT(error_of(16, 24, 3, reduced), contains("must be multiples of 12. Cut it to 12 x 24"));
  CHECK_THAT(error_of(8, 32, 4, reduced), contains("MS 8 x 32 is too small, the minimum is 12 x 12"));
  CHECK_THAT(error_of(7, 8, 2, full),
             contains("7.mat: PAN 14 x 16: rows and columns must be multiples of 4. Cut it to 12 x 16"));
  CHECK_THAT(error_of(2, 8, 4, full), contains("PAN 8 x 32 is too small"));
  CHECK_NOTHROW(check_network_takes(noise_pair("7.mat", 12, 12, 1, 4), 4, reduced));
  CHECK_NOTHROW(check_network_takes(noise_pair("7.mat", 6, 10, 1, 2), 2, full));
}
