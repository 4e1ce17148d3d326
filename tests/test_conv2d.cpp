#include "golden_checks/conv2d.hpp"
#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/add.hpp"
#include "premix/ops/relu.hpp"
#include "premix/ops/residual_sum.hpp"
#include "reference/conv2d.hpp"
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
  Shape x;
  std::int64_t out, kernel;
  bool bias;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << "x " << c.x << ", " << c.out << " channels, kernel " << c.kernel << (c.bias ? ", bias" : "");
}

template <Real T>
struct Inputs {
  Variable<T> x, weight, bias;
  explicit Inputs(const Case& c) : x(leaf<T>(c.x, 1)), weight(leaf<T>({c.out, c.kernel, c.kernel, c.x.c}, 2)) {
    if (c.bias) bias = leaf<T>({1, 1, 1, c.out}, 3);
  }
  Variable<T> result() const { return conv2d(x, weight, bias); }
};

// The last three have more rows than one thread's share of the weight gradient.
const Case cases[] = {{{2, 5, 7, 1}, 3, 1, true},   {{1, 7, 5, 3}, 4, 3, true},   {{3, 9, 6, 4}, 8, 3, false},
                      {{2, 6, 11, 8}, 5, 5, true},  {{1, 8, 9, 5}, 2, 7, false},  {{2, 11, 10, 3}, 1, 9, true},
                      {{1, 2, 3, 2}, 3, 9, true},   {{1, 1, 1, 4}, 4, 3, true},   {{2, 67, 97, 3}, 4, 3, true},
                      {{1, 70, 33, 4}, 9, 5, true}, {{2, 3, 4500, 2}, 2, 3, true}};

}  // namespace

TEST_CASE("golden: convolution and its gradients match the published code's framework", "[conv2d][golden]") {
  golden::check_conv2d_files(cpu());
}

TEMPLATE_TEST_CASE("conv2d and its gradients equal the sums over all products", "[conv2d][isa]", float, double) {
  const Case c = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(c);
  const double limit = std::is_same_v<TestType, float> ? 3e-6 : 1e-14;
  const Inputs<TestType> in(c);
  const auto y = in.result();
  const auto d_y = testing::uniform_image<TestType>(y.shape(), -1, 1, 4);
  y.backward(d_y);

  const auto bias = in.bias.empty() ? Tensor<TestType>() : in.bias.value();
  CHECK(relative_difference(y.value(), reference::conv2d(in.x.value(), in.weight.value(), bias)) < limit);
  const auto expected = reference::conv2d_gradients(in.x.value(), in.weight.value(), d_y);
  CHECK(relative_difference(in.x.grad(), expected.x) < limit);
  CHECK(relative_difference(in.weight.grad(), expected.weight) < limit);
  if (c.bias) CHECK(relative_difference(in.bias.grad(), expected.bias) < 10 * limit);  // sums of many terms that cancel
}

// Sizes that use Winograd's algorithm: tiles cut off at the right and at the bottom, images smaller than a tile, more
// tiles than a block, channels that do not fill a register.
const Case winograd_cases[] = {{{2, 9, 14, 8}, 8, 3, true},    {{1, 1, 3, 16}, 32, 3, true},
                               {{3, 2, 2, 4}, 12, 3, false},   {{1, 33, 47, 32}, 36, 3, true},
                               {{2, 17, 21, 36}, 32, 3, true}, {{1, 40, 40, 1}, 24, 3, true},
                               {{5, 12, 8, 20}, 17, 3, false}};

// Returns the same values in double, as a leaf.
Variable<double> widened(const Variable<float>& v) {
  return v.empty() ? Variable<double>()
                   : Variable<double>(
                         testing::image_of<double>(v.shape(), [&](auto... at) { return v.value()(at...); }), true);
}

TEST_CASE("conv2d with relu and its gradients equal the separate steps", "[conv2d][isa]") {
  const Case c = GENERATE(from_range(std::begin(winograd_cases), std::end(winograd_cases)));
  CAPTURE(c);
  const double limit = 3e-6;
  const Inputs<float> in(c);
  const auto y = conv2d(in.x, in.weight, in.bias, Conv2dActivation::relu);
  const auto d_y = testing::uniform_image<float>(y.shape(), -1, 1, 4);
  y.backward(d_y);

  const auto x = widened(in.x), weight = widened(in.weight), bias = widened(in.bias);
  const auto sums = conv2d(x, weight, bias);
  CHECK(relative_difference(y.value(), relu(sums).value()) < limit);
  // Rounding may change the sign of a sum and thus its gradient, so the mask comes from the float result.
  sums.backward(
      testing::image_of<double>(y.shape(), [&](auto... at) { return y.value()(at...) > 0 ? d_y(at...) : 0; }));
  CHECK(relative_difference(in.x.grad(), x.grad()) < limit);
  CHECK(relative_difference(in.weight.grad(), weight.grad()) < limit);
  if (c.bias) CHECK(relative_difference(in.bias.grad(), bias.grad()) < 10 * limit);
}

TEST_CASE("residual_sum and its gradients equal the separate steps", "[conv2d][isa]") {
  const Shape shape = GENERATE(Shape{2, 13, 18, 8}, Shape{1, 5, 30, 36}, Shape{2, 7, 6, 3});
  const auto x = leaf<double>(shape, 1), weight1 = leaf<double>({12, 3, 3, shape.c}, 2),
             weight2 = leaf<double>({shape.c, 3, 3, 12}, 3);
  const auto y = residual_sum(x, weight1, weight2);
  const auto d_y = testing::uniform_image<double>(shape, -1, 1, 4);
  y.backward(d_y);
  const auto first2 = leaf<double>(weight1.shape(), 2), second2 = leaf<double>(weight2.shape(), 3);
  const Variable<double> x_again(x.value(), true);
  const auto expected = x_again + conv2d(relu(conv2d(x_again, first2)), second2);
  expected.backward(d_y);
  CHECK(relative_difference(y.value(), expected.value()) < 1e-14);
  CHECK(relative_difference(x.grad(), x_again.grad()) < 1e-14);
  CHECK(relative_difference(weight1.grad(), first2.grad()) < 1e-14);
  CHECK(relative_difference(weight2.grad(), second2.grad()) < 1e-14);

  const auto narrow = [](const Variable<double>& v) {
    return Variable<float>(
        testing::image_of<float>(v.shape(), [&](auto... at) { return static_cast<float>(v.value()(at...)); }), true);
  };
  const auto x_float = narrow(x), first_float = narrow(weight1), second_float = narrow(weight2);
  const auto y_float = residual_sum(x_float, first_float, second_float);
  y_float.backward(testing::uniform_image<float>(shape, -1, 1, 4));
  CHECK(relative_difference(y_float.value(), y.value()) < 3e-6);
  CHECK(relative_difference(x_float.grad(), x.grad()) < 3e-6);
  CHECK(relative_difference(first_float.grad(), weight1.grad()) < 3e-6);
  CHECK(relative_difference(second_float.grad(), weight2.grad()) < 3e-6);
}

TEST_CASE("conv2d's gradients pass the check against finite differences", "[conv2d][gradcheck]") {
  const Case c = GENERATE(from_range(std::begin(cases), std::begin(cases) + 8));
  CAPTURE(c);
  const Inputs<double> in(c);
  std::vector<Variable<double>> inputs{in.x, in.weight};
  if (c.bias) inputs.push_back(in.bias);
  const auto result = gradcheck([&] { return std::vector{in.result()}; }, inputs);
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 4 * inputs.size());
  CHECK(result.kinks == 0);
}

TEMPLATE_TEST_CASE("conv2d with a weight of one at the centre returns its input", "[conv2d]", float, double) {
  const std::int64_t kernel = GENERATE(1, 3, 7);
  const auto x = leaf<TestType>({2, 5, 8, 3}, 5);
  const auto weight = testing::image_of<TestType>({3, kernel, kernel, 3}, [&](auto o, auto dy, auto dx, auto c) {
    return o == c && dy == kernel / 2 && dx == kernel / 2 ? 1 : 0;
  });
  CHECK(testing::same_bits(conv2d(x, Variable<TestType>(weight)).value(), x.value()));
}

TEST_CASE("conv2d does not flip its kernel", "[conv2d]") {
  const auto x =
      Variable<double>(testing::image_of<double>({1, 3, 4, 1}, [](auto, auto y, auto q, auto) { return 10 * y + q; }));
  const auto weight = testing::image_of<double>(
      {1, 3, 3, 1}, [](auto, auto dy, auto dx, auto) { return dy == 0 && dx == 2 ? 1 : 0; });  // above, right
  const auto y = conv2d(x, Variable<double>(weight)).value();
  CHECK(y(0, 1, 1, 0) == 2);
  CHECK(y(0, 2, 0, 0) == 11);
  CHECK(y(0, 0, 0, 0) == 0);
  CHECK(y(0, 1, 3, 0) == 0);
}

TEST_CASE("conv2d is linear in its input", "[conv2d]") {
  const Inputs<double> a({{2, 6, 5, 3}, 4, 3, false});
  const auto other = leaf<double>(a.x.shape(), 9);
  const auto of_sum = conv2d(a.x + other, a.weight), sum = a.result() + conv2d(other, a.weight);
  CHECK(relative_difference(of_sum.value(), sum.value()) < 1e-15);
}

TEST_CASE("conv2d computes only the required gradients", "[conv2d]") {
  const Case c{{1, 4, 5, 2}, 3, 3, true};
  const Inputs<double> in(c);
  const auto plain = [](const Variable<double>& v) { return v.detached(); };
  const auto d_y = testing::uniform_image<double>({1, 4, 5, 3}, -1, 1, 4);
  conv2d(in.x, plain(in.weight), plain(in.bias)).backward(d_y);
  CHECK_FALSE(in.x.grad().empty());
  CHECK(in.weight.grad().empty());
  CHECK(in.bias.grad().empty());

  const Inputs<double> other(c);
  conv2d(plain(other.x), other.weight, plain(other.bias)).backward(d_y);
  CHECK(other.x.grad().empty());
  CHECK_FALSE(other.weight.grad().empty());
  CHECK(other.bias.grad().empty());
}

TEMPLATE_TEST_CASE("conv2d and its gradients have the same bits for any number of threads", "[conv2d][threads]", float,
                   double) {
  const Case c = GENERATE(Case{{4, 64, 64, 32}, 32, 3, true}, Case{{1, 131, 61, 5}, 36, 3, true},
                          Case{{3, 17, 40, 4}, 7, 5, false});
  CAPTURE(c);
  const auto run = [&](int count) {
    const testing::Threads scope(count);
    Inputs<TestType> in(c);
    const auto y = in.result();
    y.backward(testing::uniform_image<TestType>(y.shape(), -1, 1, 4));
    std::vector<Tensor<TestType>> results{y.value(), in.x.grad(), in.weight.grad()};
    if (c.bias) results.push_back(in.bias.grad());
    return results;
  };
  const auto one = run(1);
  for (const int count : {2, 3}) {
    const auto several = run(count);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(testing::same_bits(one[i], several[i]));
  }
}

TEST_CASE("conv2d refuses weights and biases of wrong shapes", "[conv2d][error]") {
  const Variable<float> x(Tensor<float>::zeros({1, 5, 6, 3}));
  const auto with = [&](Shape weight, Shape bias) {
    return conv2d(x, Variable<float>(Tensor<float>::zeros(weight)), Variable<float>(Tensor<float>::zeros(bias)));
  };
  CHECK_NOTHROW(with({4, 3, 3, 3}, {1, 1, 1, 4}));
  CHECK_THROWS_WITH(with({4, 3, 3, 2}, {1, 1, 1, 4}), contains("(1, 5, 6, 3)") && contains("(4, 3, 3, 2)"));
  CHECK_THROWS_WITH(with({4, 2, 2, 3}, {1, 1, 1, 4}), contains("K odd"));
  CHECK_THROWS_WITH(with({4, 3, 5, 3}, {1, 1, 1, 4}), contains("(O, K, K, 3)"));
  CHECK_THROWS_WITH(with({4, 3, 3, 3}, {1, 1, 1, 3}), contains("bias must be (1, 1, 1, 4)"));
  CHECK_THROWS_WITH(with({4, 3, 3, 3}, {4, 1, 1, 1}), contains("bias must be (1, 1, 1, 4)"));
}

}  // namespace premix
