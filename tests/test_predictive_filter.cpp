#include "golden_checks/predictive_filter.hpp"
#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/add.hpp"
#include "premix/ops/predictive_filter.hpp"
#include "reference/predictive_filter.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

using golden::relative_difference;
using testing::leaf;

struct Case {
  std::int64_t n, h, w, bands, image_bands;
  int kernel;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << Shape{c.n, c.h, c.w, c.bands} << ", image of " << c.image_bands << ", kernel " << c.kernel;
}

template <Real T>
struct Inputs {
  Variable<T> filters, image;
  int kernel;
  explicit Inputs(const Case& c)
      : filters(leaf<T>({c.n, c.h, c.w, c.bands * c.kernel * c.kernel}, 1)),
        image(leaf<T>({c.n, c.h, c.w, c.image_bands}, 2)),
        kernel(c.kernel) {}
  Variable<T> result() const { return predictive_filter(filters, image, kernel); }
};

// Every kernel on the smallest image it allows. Usual and other numbers of bands. Images with one shared band.
const Case cases[] = {{2, 1, 1, 3, 3, 1},  {1, 2, 2, 4, 4, 3},  {2, 3, 4, 4, 1, 5}, {1, 4, 5, 8, 8, 7},
                      {1, 5, 5, 2, 2, 9},  {2, 5, 7, 1, 1, 3},  {1, 7, 4, 3, 1, 3}, {3, 6, 9, 4, 4, 3},
                      {1, 9, 7, 5, 5, 3},  {2, 5, 6, 8, 1, 3},  {1, 8, 5, 3, 3, 5}, {1, 6, 7, 5, 1, 5},
                      {2, 9, 11, 4, 4, 7}, {1, 7, 10, 6, 1, 9}, {1, 4, 6, 8, 8, 1}};

// Filters (N, H, W, K*K*B): one at the given tap, else zero.
template <Real T>
Tensor<T> one_hot_filters(const Shape& image, std::int64_t taps, std::int64_t tap) {
  return testing::image_of<T>(image.with_channels(taps * image.c),
                              [&](auto, auto, auto, auto channel) { return channel / image.c == tap; });
}

// Reflection seen through the filters: a one-hot filter picks each position of the padded image. Positions in the
// padding use the first or last tap, the others the middle tap.
struct Pick {
  std::int64_t tap, pixel;
};
Pick pick(std::int64_t place, std::int64_t padding, std::int64_t size) {
  const std::int64_t tap = place < padding ? 0 : place < size + padding ? padding : 2 * padding;
  return {tap, place - tap};
}

template <Real T>
void check_reflection(golden::File& file, const Variable<T>& image, int padding) {
  const Shape in = image.shape();
  const int kernel = 2 * padding + 1;
  const std::string name = concat("p", padding);
  const auto weights = file.tensor<T>("in/cot." + name);
  reference::Grid padded({in.n, in.h + 2 * padding, in.w + 2 * padding, in.c});
  for (const int dy : {0, padding, 2 * padding})
    for (const int dx : {0, padding, 2 * padding}) {
      const auto y =
          predictive_filter(Variable<T>(one_hot_filters<T>(in, kernel * kernel, dy * kernel + dx)), image, kernel);
      reference::Grid d_y(in);
      reference::for_each_element(padded.shape(), [&](auto n, auto row, auto column, auto c) {
        const Pick down = pick(row, padding, in.h), across = pick(column, padding, in.w);
        if (down.tap != dy || across.tap != dx) return;
        padded(n, row, column, c) = y.value()(n, down.pixel, across.pixel, c);
        d_y(n, down.pixel, across.pixel, c) = weights(n, row, column, c);
      });
      y.backward(testing::image_of<T>(in, [&](auto... at) { return d_y(at...); }));
    }
  file.check("out", name, padded.tensor(), 0);
}

}  // namespace

TEST_CASE("golden: predictive filtering and its gradients equal the published code", "[predictive_filter][golden]") {
  golden::for_each_file("pf_filters_*.safetensors", [](golden::File& file) {
    golden::check_predictive_filter<float>(file, cpu());
    golden::check_predictive_filter<double>(file, cpu());
    file.check_complete();
  });
}

TEST_CASE("golden: predictive filtering reflects images as the published code's framework does",
          "[predictive_filter][golden]") {
  golden::for_each_file("op_reflect_pad*.safetensors", [](golden::File& file) {
    const Variable<float> narrow(file.tensor<float>("in/x"), true);
    const Variable<double> wide(file.tensor<double>("in/x"), true);
    for (const int padding : file.config().at("pads")) {
      check_reflection(file, narrow, padding);
      check_reflection(file, wide, padding);
    }
    file.check_gradient("x", narrow.grad());
    file.check_gradient("x", wide.grad());
    file.check_complete();
  });
}

TEMPLATE_TEST_CASE("predictive_filter and its gradients equal the definition on the padded image",
                   "[predictive_filter][isa]", float, double) {
  const Case c = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(c);
  const double limit = std::is_same_v<TestType, float> ? 1e-6 : 2e-15;
  const Inputs<TestType> in(c);
  const auto y = in.result();
  const auto d_y = testing::uniform_image<TestType>(y.shape(), -1, 1, 3);
  y.backward(d_y);
  CHECK(relative_difference(y.value(), reference::predictive_filter(in.filters.value(), in.image.value(), c.kernel)) <
        limit);
  const auto expected = reference::predictive_filter_gradients(in.filters.value(), in.image.value(), d_y, c.kernel);
  CHECK(relative_difference(in.filters.grad(), expected.filters) < limit);
  CHECK(relative_difference(in.image.grad(), expected.image) < limit);
}

TEST_CASE("predictive_filter's gradients pass the check against finite differences", "[predictive_filter][gradcheck]") {
  const Case c = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(c);
  const Inputs<double> in(c);
  const auto result = gradcheck([&] { return std::vector{in.result()}; }, {in.filters, in.image});
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 8);
  CHECK(result.kinks == 0);
}

TEMPLATE_TEST_CASE("predictive_filter with a one at each filter's centre returns the image", "[predictive_filter]",
                   float, double) {
  const int kernel = GENERATE(1, 3, 5, 9);
  const auto image = leaf<TestType>({2, 6, 7, 3}, 4);
  const auto centre = one_hot_filters<TestType>(image.shape(), kernel * kernel, kernel * kernel / 2);
  CHECK(testing::same_bits(predictive_filter(Variable<TestType>(centre), image, kernel).value(), image.value()));
}

TEST_CASE("predictive_filter is linear in the image and in the filters", "[predictive_filter]") {
  const Inputs<double> a({2, 5, 6, 4, 4, 3}), b({2, 5, 6, 4, 4, 3});
  const auto image = leaf<double>(a.image.shape(), 11);
  const auto filters = leaf<double>(a.filters.shape(), 12);
  CHECK(relative_difference(predictive_filter(a.filters, a.image + image, 3).value(),
                            (a.result() + predictive_filter(a.filters, image, 3)).value()) < 1e-15);
  CHECK(relative_difference(predictive_filter(a.filters + filters, a.image, 3).value(),
                            (a.result() + predictive_filter(filters, a.image, 3)).value()) < 1e-15);
}

TEST_CASE("predictive_filter treats one shared band like that band repeated", "[predictive_filter]") {
  const Inputs<double> shared({2, 5, 6, 4, 1, 3});
  const auto repeated = Variable<double>(testing::image_of<double>(
      {2, 5, 6, 4}, [&](auto n, auto y, auto x, auto) { return shared.image.value()(n, y, x, 0); }));
  CHECK(testing::same_bits(shared.result().value(), predictive_filter(shared.filters, repeated, 3).value()));
}

TEMPLATE_TEST_CASE("predictive_filter_sum and its gradients equal two images filtered and added", "[predictive_filter]",
                   float, double) {
  const Case c = GENERATE(Case{2, 5, 6, 4, 4, 3}, Case{1, 9, 7, 3, 3, 5}, Case{1, 7, 6, 5, 5, 1});
  const double limit = std::is_same_v<TestType, float> ? 4e-6 : 8e-15;  // for sums of up to 50 products below 1
  const Inputs<TestType> ms(c);
  const auto filters = leaf<TestType>(ms.filters.shape(), 5),
             pan = leaf<TestType>(ms.image.shape().with_channels(1), 6);
  const auto d_y = testing::uniform_image<TestType>(ms.image.shape(), -1, 1, 7);
  const auto results = [&](auto&& y) {
    for (const auto& input : {ms.filters, ms.image, filters, pan}) Variable<TestType>(input).zero_grad();
    y.backward(d_y);
    return std::vector{y.value(), ms.filters.grad(), ms.image.grad(), filters.grad(), pan.grad()};
  };
  const auto together = results(predictive_filter_sum<TestType>({ms.filters, ms.image}, {filters, pan}, c.kernel));
  const auto apart =
      results(predictive_filter(ms.filters, ms.image, c.kernel) + predictive_filter(filters, pan, c.kernel));
  for (std::size_t i = 0; i < apart.size(); ++i) CHECK(testing::largest_difference(together[i], apart[i]) < limit);
}

TEST_CASE("predictive_filter computes only the gradients that are wanted", "[predictive_filter]") {
  const Case c{1, 4, 5, 3, 3, 3};
  const auto d_y = testing::uniform_image<double>({1, 4, 5, 3}, -1, 1, 3);
  const Inputs<double> a(c), b(c), both(c);
  both.result().backward(d_y);
  predictive_filter(a.filters, a.image.detached(), 3).backward(d_y);
  CHECK(testing::same_bits(a.filters.grad(), both.filters.grad()));
  CHECK(a.image.grad().empty());
  predictive_filter(b.filters.detached(), b.image, 3).backward(d_y);
  CHECK(testing::same_bits(b.image.grad(), both.image.grad()));
  CHECK(b.filters.grad().empty());
}

TEMPLATE_TEST_CASE("predictive_filter and its gradients have the same bits for any number of threads",
                   "[predictive_filter][threads]", float, double) {
  const Case c = GENERATE(Case{2, 61, 47, 4, 4, 3}, Case{1, 33, 90, 8, 1, 5});
  const auto run = [&](int count) {
    const testing::Threads scope(count);
    const Inputs<TestType> in(c);
    const auto y = in.result();
    y.backward(testing::uniform_image<TestType>(y.shape(), -1, 1, 4));
    return std::vector{y.value(), in.filters.grad(), in.image.grad()};
  };
  const auto one = run(1);
  for (const int count : {2, 3}) {
    const auto several = run(count);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(testing::same_bits(one[i], several[i]));
  }
}

TEST_CASE("predictive_filter refuses images and filters that do not match", "[predictive_filter][error]") {
  const auto with = [](Shape filters, Shape image, int kernel) {
    return predictive_filter(Variable<float>(Tensor<float>::zeros(filters)),
                             Variable<float>(Tensor<float>::zeros(image)), kernel);
  };
  CHECK_NOTHROW(with({1, 4, 5, 27}, {1, 4, 5, 3}, 3));
  CHECK_THROWS_WITH(with({1, 4, 5, 27}, {1, 4, 5, 3}, 2), contains("kernel must be odd") && contains("kernel 2"));
  CHECK_THROWS_WITH(with({1, 4, 5, 27}, {1, 4, 5, 3}, -3), contains("kernel -3"));
  CHECK_THROWS_WITH(with({1, 4, 5, 28}, {1, 4, 5, 3}, 3), contains("(1, 4, 5, 28)"));
  CHECK_THROWS_WITH(with({1, 4, 5, 27}, {1, 4, 5, 2}, 3), contains("(1, 4, 5, 2)") && contains("3 bands or 1"));
  CHECK_THROWS_WITH(with({1, 4, 5, 27}, {1, 4, 6, 3}, 3), contains("(1, 4, 6, 3)") && contains("(1, 4, 5, 27)"));
  CHECK_THROWS_WITH(with({1, 4, 5, 27}, {2, 4, 5, 3}, 3), contains("(2, 4, 5, 3)"));
  const auto zeros = [](Shape shape) { return Variable<float>(Tensor<float>::zeros(shape)); };
  CHECK_THROWS_WITH(predictive_filter_sum<float>({zeros({1, 4, 5, 27}), zeros({1, 4, 5, 3})},
                                                 {zeros({1, 4, 5, 36}), zeros({1, 4, 5, 4})}, 3),
                    contains("(1, 4, 5, 27)") && contains("(1, 4, 5, 36)") && contains("must have the same shape"));
  CHECK_NOTHROW(with({1, 3, 9, 25}, {1, 3, 9, 1}, 5));
  CHECK_THROWS_WITH(with({1, 2, 9, 25}, {1, 2, 9, 1}, 5),
                    contains("too large for reflection") && contains("(1, 2, 9, 1)"));
  CHECK_THROWS_WITH(with({1, 9, 2, 25}, {1, 9, 2, 1}, 5),
                    contains("too large for reflection") && contains("(1, 9, 2, 1)"));
}

}  // namespace premix
