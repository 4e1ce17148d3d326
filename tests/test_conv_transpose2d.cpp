#include "golden_checks/conv_transpose2d.hpp"
#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/add.hpp"
#include "premix/ops/conv_transpose2d.hpp"
#include "reference/conv_transpose2d.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

using golden::relative_difference;
using testing::leaf;

template <Real T>
struct Inputs {
  Variable<T> x, weight, bias;
  Inputs(Shape shape, std::int64_t out)
      : x(leaf<T>(shape, 1)), weight(leaf<T>({shape.c, 3, 3, out}, 2)), bias(leaf<T>({1, 1, 1, out}, 3)) {}
  Variable<T> result() const { return conv_transpose2d(x, weight, bias); }
};

}  // namespace

TEST_CASE("golden: transposed convolution and its gradients match the published code's framework",
          "[conv_transpose2d][golden]") {
  golden::check_conv_transpose2d_files(cpu());
}

TEMPLATE_TEST_CASE("conv_transpose2d and its gradients equal the sums over all products", "[conv_transpose2d][isa]",
                   float, double) {
  const auto [shape, out] = GENERATE(table<Shape, std::int64_t>({{{2, 5, 7, 3}, 4},
                                                                 {{1, 1, 1, 1}, 1},
                                                                 {{1, 1, 6, 4}, 8},
                                                                 {{3, 4, 3, 8}, 5},
                                                                 {{1, 45, 70, 4}, 4},
                                                                 {{2, 2, 2100, 2}, 3}}));
  CAPTURE(shape, out);
  const double limit = std::is_same_v<TestType, float> ? 3e-6 : 1e-14;
  const Inputs<TestType> in(shape, out);
  const auto y = in.result();
  const auto d_y = testing::uniform_image<TestType>(y.shape(), -1, 1, 4);
  y.backward(d_y);
  CHECK(relative_difference(y.value(), reference::conv_transpose2d(in.x.value(), in.weight.value(), in.bias.value())) <
        limit);
  const auto expected = reference::conv_transpose2d_gradients(in.x.value(), in.weight.value(), d_y);
  CHECK(relative_difference(in.x.grad(), expected.x) < limit);
  CHECK(relative_difference(in.weight.grad(), expected.weight) < limit);
  CHECK(relative_difference(in.bias.grad(), expected.bias) < 10 * limit);  // sums of many terms that cancel
}

TEST_CASE("conv_transpose2d's gradients pass the check against finite differences", "[conv_transpose2d][gradcheck]") {
  const auto [shape, out] =
      GENERATE(table<Shape, std::int64_t>({{{2, 3, 5, 3}, 4}, {{1, 1, 1, 1}, 1}, {{1, 4, 2, 8}, 2}}));
  CAPTURE(shape, out);
  const Inputs<double> in(shape, out);
  const auto result = gradcheck([&] { return std::vector{in.result()}; }, {in.x, in.weight, in.bias});
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 12);
  CHECK(result.kinks == 0);
}

TEST_CASE("conv_transpose2d is the adjoint of a convolution with stride 2", "[conv_transpose2d]") {
  const Inputs<double> in({2, 4, 5, 3}, 6);
  const auto no_bias = Variable<double>(Tensor<double>::zeros({1, 1, 1, 6}));
  const auto z = testing::uniform_image<double>({2, 8, 10, 6}, -1, 1, 7);
  const auto there = conv_transpose2d(in.x, in.weight, no_bias).value();
  const auto back = reference::conv2d(z, in.weight.value(), {}, 2);
  CHECK(testing::inner_product(there, z) == Approx(testing::inner_product(in.x.value(), back)).epsilon(1e-13));
}

TEST_CASE("conv_transpose2d spreads a single sample with the expected taps", "[conv_transpose2d]") {
  const auto x = Variable<double>(Tensor<double>::full({1, 1, 1, 1}, 1));
  const auto weight = testing::image_of<double>({1, 3, 3, 1}, [](auto, auto a, auto b, auto) { return 10 * a + b; });
  const auto y =
      conv_transpose2d(x, Variable<double>(weight), Variable<double>(Tensor<double>::full({1, 1, 1, 1}, 100))).value();
  CHECK(testing::same_bits(y, Tensor<double>::from({1, 2, 2, 1}, {111, 112, 121, 122})));
}

TEMPLATE_TEST_CASE("conv_transpose2d and its gradients have the same bits for any number of threads",
                   "[conv_transpose2d][threads]", float, double) {
  const auto run = [](int count) {
    const testing::Threads scope(count);
    const Inputs<TestType> in({3, 33, 41, 16}, 16);
    const auto y = in.result();
    y.backward(testing::uniform_image<TestType>(y.shape(), -1, 1, 4));
    return std::vector{y.value(), in.x.grad(), in.weight.grad(), in.bias.grad()};
  };
  const auto one = run(1);
  for (const int count : {2, 3}) {
    const auto several = run(count);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(testing::same_bits(one[i], several[i]));
  }
}

TEST_CASE("conv_transpose2d refuses weights and biases of wrong shapes", "[conv_transpose2d][error]") {
  const auto with = [](Shape weight, Shape bias) {
    return conv_transpose2d(Variable<float>(Tensor<float>::zeros({1, 2, 3, 4})),
                            Variable<float>(Tensor<float>::zeros(weight)), Variable<float>(Tensor<float>::zeros(bias)));
  };
  CHECK_NOTHROW(with({4, 3, 3, 2}, {1, 1, 1, 2}));
  CHECK_THROWS_WITH(with({2, 3, 3, 4}, {1, 1, 1, 4}), contains("(1, 2, 3, 4)") && contains("(4, 3, 3, O)"));
  CHECK_THROWS_WITH(with({4, 5, 5, 2}, {1, 1, 1, 2}), contains("(4, 5, 5, 2)"));
  CHECK_THROWS_WITH(with({4, 3, 3, 2}, {1, 1, 1, 4}), contains("bias must be (1, 1, 1, 2)"));
}

}  // namespace premix
