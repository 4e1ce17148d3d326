#include <random>

#include "premix/autograd/gradcheck.hpp"
#include "premix/infer/mtf.hpp"
#include "premix/ops/separable_filter.hpp"
#include "reference/separable_filter.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

using testing::leaf;
using testing::same_bits;

struct Case {
  std::int64_t rows, columns, stride;  // taps along rows and columns
  Shape x;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.rows << " x " << c.columns << " taps, stride " << c.stride << ", x " << c.x;
}

// Odd and even numbers of taps, fewer taps than the stride, images smaller than the filter, and channels of part of a
// register and of several.
const Case cases[] = {{3, 5, 1, {2, 6, 7, 3}},   {1, 7, 1, {1, 5, 4, 1}},  {9, 9, 1, {1, 3, 2, 2}},
                      {4, 2, 2, {2, 6, 8, 5}},   {8, 10, 2, {1, 4, 6, 4}}, {6, 8, 4, {1, 12, 8, 2}},
                      {2, 18, 4, {2, 8, 12, 1}}, {1, 5, 3, {1, 9, 6, 2}},  {4, 6, 2, {1, 10, 12, 19}}};

// Independent taps, positive, of no symmetry.
SeparableTaps random_taps(const Case& c) {
  std::mt19937 generator(static_cast<unsigned>(c.rows + 7 * c.columns));
  std::uniform_real_distribution<double> value(0.1, 1);
  SeparableTaps taps{{}, {}, c.stride};
  for (std::int64_t k = 0; k < c.rows; ++k) taps.rows.push_back(value(generator));
  for (std::int64_t k = 0; k < c.columns; ++k) taps.columns.push_back(value(generator));
  return taps;
}

// Taps of MtfGaussian, centred on a cell of `ratio` pixels. sampled_by_mtf takes 2 radius + 1 pixels around the pixel
// nearest to the centre. For an even ratio the centre lies between two pixels and the later one counts as nearest.
SeparableTaps mtf_taps(double gain, std::int64_t ratio) {
  const MtfGaussian gaussian(gain, static_cast<double>(ratio));
  const bool even = ratio % 2 == 0;
  const std::int64_t count = 2 * gaussian.radius + (even ? 2 : 1);
  std::vector<double> taps;
  for (std::int64_t k = 0; k < count; ++k) {
    const double distance = (static_cast<double>(k) - static_cast<double>(count - 1) / 2) / gaussian.sigma;
    taps.push_back(even && k == 0 ? 0 : std::exp(-distance * distance / 2));
  }
  return {taps, taps, ratio};
}

std::string message_of_filter(const SeparableTaps& taps, Shape shape) {
  try {
    separable_filter(Tensor<float>::zeros(shape), taps);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEMPLATE_TEST_CASE("separable_filter is the weighted mean of the pixels under its taps", "[separable_filter][isa]",
                   float, double) {
  const Case c = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(c);
  const SeparableTaps taps = random_taps(c);
  const auto x = testing::uniform_image<TestType>(c.x, -1, 1, 1);
  const auto y = separable_filter(x, taps), expected = testing::reference_separable_filter(x, taps);
  CHECK(testing::largest_difference(y, expected) < (std::is_same_v<TestType, float> ? 4e-7 : 1e-15));
  CHECK(same_bits(separable_filter(Variable<TestType>(x), taps).value(), y));
}

TEST_CASE("separable_filter's gradient passes the check against finite differences", "[separable_filter][gradcheck]") {
  const Case c = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(c);
  const SeparableTaps taps = random_taps(c);
  const auto x = leaf<double>(c.x, 1);
  const auto result = gradcheck([&] { return std::vector{separable_filter(x, taps)}; }, {x});
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 4);
  CHECK(result.kinks == 0);
}

TEMPLATE_TEST_CASE("separable_filter's gradient is the transpose of the filter", "[separable_filter][isa]", float,
                   double) {
  const Case c = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(c);
  const SeparableTaps taps = random_taps(c);
  const auto x = leaf<TestType>(c.x, 1);
  const auto y = separable_filter(x, taps);
  const auto d_y = testing::uniform_image<TestType>(y.shape(), -1, 1, 2);
  y.backward(d_y);
  CHECK(testing::inner_product(x.grad(), x.value()) ==
        Approx(testing::inner_product(d_y, y.value())).margin(std::is_same_v<TestType, float> ? 1e-5 : 1e-13));
}

TEST_CASE("separable_filter centres its taps on the cells of the stride", "[separable_filter]") {
  // A ramp keeps its values at the centres of the cells, if the taps are symmetric and inside.
  const auto [count, stride] =
      GENERATE(table<std::int64_t, std::int64_t>({{1, 1}, {3, 1}, {2, 2}, {4, 2}, {1, 3}, {5, 3}, {2, 4}, {8, 4}}));
  CAPTURE(count, stride);
  const SeparableTaps taps{std::vector<double>(static_cast<std::size_t>(count), 1),
                           std::vector<double>(static_cast<std::size_t>(count), 1), stride};
  const Shape shape{1, 12 * stride, 12 * stride, 1};
  const auto y = separable_filter(
      testing::image_of<double>(shape, [](auto, auto row, auto column, auto) { return 100 * row + column; }), taps);
  CHECK(y.shape() == Shape{1, 12, 12, 1});
  for (std::int64_t i = 4; i < 8; ++i)
    for (std::int64_t j = 4; j < 8; ++j) {
      const auto centre = [&](std::int64_t at) { return static_cast<double>(at * stride) + (stride - 1) / 2.0; };
      CHECK(y(0, i, j, 0) == Approx(100 * centre(i) + centre(j)).epsilon(1e-12));
    }
}

TEST_CASE("separable_filter with the taps of MtfGaussian is sampled_by_mtf, also at borders",
          "[separable_filter][mtf]") {
  const std::int64_t ratio = GENERATE(2, 3, 4);
  const std::int64_t side = GENERATE(3, 20);  // in MS pixels; 3 are fewer than the filter covers
  const double gain = GENERATE(0.15, 0.3);
  CAPTURE(ratio, side, gain);
  const std::int64_t height = ratio * side, width = ratio * (side + 1);
  const auto image = testing::uniform_image<float>({1, height, width, 1}, 0, 1, 1);
  const GridMap map =
      map_by_size({.width = width, .height = height}, {.width = side + 1, .height = side}, Alignment::edges);
  const auto expected = sampled_by_mtf(image, {0, 0, height, width}, map, {0, 0, side, side + 1}, gain);
  CHECK(testing::largest_difference(separable_filter(image, mtf_taps(gain, ratio)), expected) < 5e-7);
}

TEMPLATE_TEST_CASE("separable_filter keeps constants, also at borders and with negative lobes",
                   "[separable_filter][isa]", float, double) {
  SeparableTaps taps = GENERATE(SeparableTaps{{1, 2, 3, 4}, {1, 5, 1, 2, 7, 1}, 2},
                                SeparableTaps{{-1, 9, -1}, {-1, 2, 9, 2, -1}, 1}, SeparableTaps{{1, 2, 1}, {3}, 3});
  const auto y = separable_filter(Tensor<TestType>::full({1, 6, 12, 3}, TestType(0.7)), taps);
  CHECK(testing::largest_difference(y, Tensor<TestType>::full(y.shape(), TestType(0.7))) <
        (std::is_same_v<TestType, float> ? 2.5e-7 : 1e-15));
}

TEMPLATE_TEST_CASE("separable_filter and its gradient have the same bits for any number of threads",
                   "[separable_filter][threads]", float, double) {
  const auto run = [](int count) {
    const testing::Threads scope(count);
    const auto x = leaf<TestType>({2, 128, 96, 5}, 1);
    const auto y = separable_filter(x, random_taps({22, 10, 2, {}}));
    y.backward(testing::uniform_image<TestType>(y.shape(), -1, 1, 2));
    return std::pair(y.value(), x.grad());
  };
  const auto one = run(1);
  for (const int count : {2, 3}) {
    const auto several = run(count);
    CHECK(same_bits(several.first, one.first));
    CHECK(same_bits(several.second, one.second));
  }
}

TEST_CASE("separable_filter refuses taps, strides and sizes that do not fit", "[separable_filter][error]") {
  const Shape x{1, 6, 8, 2};
  const std::vector<double> two(2, 1), three(3, 1);
  CHECK_THAT(message_of_filter({three, three, 0}, x), contains("stride 0") && contains("(1, 6, 8, 2)"));
  CHECK_THAT(message_of_filter({two, two, 4}, x), contains("stride 4 does not divide the 6 rows"));
  CHECK_THAT(message_of_filter({three, three, 3}, x), contains("stride 3 does not divide the 8 columns"));
  CHECK_THAT(message_of_filter({three, two, 2}, x), contains("3 taps along rows with stride 2"));
  CHECK_THAT(message_of_filter({two, three, 2}, x), contains("3 taps along columns with stride 2"));
  CHECK_THAT(message_of_filter({{}, three, 1}, x), contains("0 taps along rows"));
  CHECK_THAT(message_of_filter({three, std::vector<double>(129, 1), 1}, x), contains("129 taps along columns"));
  CHECK_THAT(message_of_filter({{1, -2, 1}, three, 1}, x), contains("rows") && contains("have sum 0"));
  CHECK_THAT(message_of_filter({three, {1, std::nan(""), 1}, 1}, x), contains("columns") && contains("have sum nan"));
  CHECK_THAT(message_of_filter({{9, -5, 1}, three, 1}, x), contains("output 0 along rows") && contains("1 to 2"));
  CHECK_THROWS_WITH(separable_filter(Tensor<float>(), {three, three}), contains("empty"));
}

}  // namespace premix
