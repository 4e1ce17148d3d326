#include <numeric>

#include "golden_checks/bicubic.hpp"
#include "premix/core/parallel.hpp"
#include "premix/image/bicubic.hpp"
#include "reference/bicubic.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"

namespace premix {
namespace {

// Rounding error of results up to 3: sums of 16 rounded products, at coordinates up to 60 that are rounded in double.
template <Real T>
constexpr double rounding = 30 * std::numeric_limits<T>::epsilon() + 200 * std::numeric_limits<double>::epsilon();

}  // namespace

TEST_CASE("golden: bicubic resizing matches the published code", "[bicubic][golden]") {
  golden::check_bicubic_files(cpu());
}

TEMPLATE_TEST_CASE("bicubic equals the sum over 4 x 4 samples", "[bicubic]", float, double) {
  const Shape shape =
      GENERATE(Shape{2, 33, 47, 3}, Shape{1, 12, 20, 8}, Shape{1, 9, 9, 4}, Shape{1, 3, 2, 1}, Shape{1, 1, 1, 5});
  const auto [height, width] = GENERATE(std::pair{9, 13}, std::pair{50, 47}, std::pair{1, 60});
  const auto x = testing::uniform_image<TestType>(shape, -1, 1, 11);
  const double rows = static_cast<double>(shape.h) / height, columns = static_cast<double>(shape.w) / width;
  const auto centres = [](double step) { return [step](double i) { return (i + 0.5) * step - 0.5; }; };
  CHECK(testing::largest_difference(bicubic_resize(x, height, width),
                                    reference::bicubic(x, height, width, centres(rows), centres(columns))) <
        rounding<TestType>);

  const auto corners = [](std::int64_t from, int to) {
    return [=](double i) { return to > 1 ? i * static_cast<double>(from - 1) / (to - 1) : 0.0; };
  };
  CHECK(testing::largest_difference(bicubic_resize_align_corners(x, height, width),
                                    reference::bicubic(x, height, width, corners(shape.h, height),
                                                       corners(shape.w, width))) < rounding<TestType>);
}

TEST_CASE("bicubic downscaling samples in steps of the ratio", "[bicubic]") {
  const double ratio = GENERATE(1.0, 2.0, 3.0, 3.7, 4.0);
  const auto x = testing::uniform_image<double>({1, 27, 22, 4}, 0, 1, 12);
  const auto height = static_cast<std::int64_t>(27 / ratio), width = static_cast<std::int64_t>(22 / ratio);
  const auto centre = [=](double i) { return (i + 0.5) * ratio - 0.5; };
  CHECK(testing::largest_difference(bicubic_downscale(x, ratio), reference::bicubic(x, height, width, centre, centre)) <
        rounding<double>);
}

TEST_CASE("bicubic resizing to the same size keeps every value", "[bicubic]") {
  const auto x = testing::uniform_image<float>({2, 7, 6, 3}, -5, 5, 13);
  CHECK(testing::same_bits(bicubic_resize(x, 7, 6), x));
  CHECK(testing::same_bits(bicubic_resize_align_corners(x, 7, 6), x));
  CHECK(testing::same_bits(bicubic_downscale(x, 1), x));
}

TEST_CASE("the weights of a bicubic sample sum to 1 and its taps stay inside", "[bicubic]") {
  for (const double offset : {-7.3, -1.0, -0.5, 0.0, 0.125, 3.999, 12.0}) {
    const auto taps = bicubic_taps<double>({1, offset}, 1, 5);
    CHECK(std::accumulate(taps.weight, taps.weight + 4, 0.0) == Approx(1).epsilon(1e-14));
    for (const std::int64_t source : taps.source) CHECK((source >= 0 && source < 5));
  }
}

TEST_CASE("bicubic samples of a linear ramp follow the map", "[bicubic]") {
  // With this a, Keys' kernel reproduces constants. By symmetry it reproduces ramps at whole and half steps only.
  const auto ramp =
      testing::image_of<double>({1, 20, 24, 1}, [](auto, auto y, auto x, auto) { return 2.0 * y - 3.0 * x; });
  const auto moved = bicubic_sample(ramp, 12, 16, {1, 3.5}, {1, 4});
  for (std::int64_t y = 0; y < 12; ++y)
    for (std::int64_t x = 0; x < 16; ++x)
      CHECK(moved(0, y, x, 0) == Approx(2.0 * (y + 3.5) - 3.0 * (x + 4)).margin(1e-12));
}

TEST_CASE("bicubic repeats the edge outside the image", "[bicubic]") {
  const auto x = testing::uniform_image<double>({1, 4, 4, 2}, 0, 1, 14);
  const auto far = bicubic_sample(x, 2, 2, {100, -50}, {100, -50});
  CHECK(far(0, 0, 0, 1) == Approx(x(0, 0, 0, 1)).epsilon(1e-14));
  CHECK(far(0, 1, 1, 1) == Approx(x(0, 3, 3, 1)).epsilon(1e-14));
  CHECK(far(0, 0, 1, 0) == Approx(x(0, 0, 3, 0)).epsilon(1e-14));
}

TEST_CASE("bicubic gives the same bits with one thread and with several", "[bicubic][threads]") {
  const auto x = testing::uniform_image<float>({2, 103, 97, 4}, 0, 1, 15);
  const int before = threads();
  set_threads(1);
  const auto one = bicubic_resize(x, 391, 402);
  set_threads(3);
  const auto several = bicubic_resize(x, 391, 402);
  set_threads(before);
  CHECK(testing::same_bits(one, several));
}

TEST_CASE("bicubic refuses sizes without pixels", "[bicubic][error]") {
  const auto x = Tensor<float>::zeros({1, 3, 9, 1});
  CHECK_THROWS_WITH(bicubic_downscale(x, 4),
                    contains("bicubic_downscale") && contains("(1, 3, 9, 1)") && contains("ratio 4"));
  CHECK_THROWS_AS(bicubic_downscale(x, 0), Error);
  CHECK_THROWS_AS(bicubic_resize(x, 0, 4), Error);
  CHECK_THROWS_AS(bicubic_resize(Tensor<float>(), 4, 4), Error);
}

}  // namespace premix
