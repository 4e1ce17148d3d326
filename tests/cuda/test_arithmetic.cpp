#include <functional>

#include "cuda/on_device.hpp"
#include "premix/ops/abs.hpp"
#include "premix/ops/arithmetic.hpp"
#include "premix/ops/sigmoid.hpp"
#include "premix/ops/sqrt.hpp"
#include "support/contains.hpp"

namespace premix {
namespace {

using testing::gpu;

// Whole packs, a few elements beyond them, less than one, and more than one block.
const Shape shapes[] = {{1, 1, 1, 1}, {1, 1, 1, 3}, {1, 3, 5, 4}, {2, 7, 9, 5}, {1, 33, 17, 8}};

template <Real T>
using Operation = std::function<Variable<T>(const Variable<T>& a, const Variable<T>& b)>;  // b positive

// The value and both gradients.
template <Real T>
std::vector<Tensor<T>> results_on(Device device, const Operation<T>& operation, Shape shape) {
  const auto a = testing::moved(testing::leaf<T>(shape, 1), device),
             b = testing::moved(testing::leaf_between<T>(shape, 0.5, 2, 2), device);
  const auto y = operation(a, b);
  y.backward(testing::uniform_image<T>(shape, -1, 1, 3).to(device));
  return {y.value().to(cpu()), a.grad().to(cpu()), b.grad().to(cpu())};
}

}  // namespace

TEMPLATE_TEST_CASE("arithmetic, abs, sqrt and their gradients are the same on a GPU, to the bit",
                   "[cuda][arithmetic][unary]", float, double) {
  PREMIX_REQUIRE_GPU();
  using T = TestType;
  using V = Variable<T>;
  const Shape shape = GENERATE(from_range(std::begin(shapes), std::end(shapes)));
  const std::vector<Operation<T>> operations{
      [](const V& a, const V& b) { return a - b; },
      [](const V& a, const V& b) { return a * b; },
      [](const V& a, const V& b) { return a / b; },
      [](const V& a, const V& b) { return T(0.3) * a + b * T(-0.7); },
      [](const V& a, const V& b) { return (a + T(0.3)) * b; },
      [](const V& a, const V& b) { return abs(a) * b; },
      [](const V& a, const V& b) { return a * sqrt(b); },
  };
  for (std::size_t o = 0; o < operations.size(); ++o) {
    const auto there = results_on(gpu(), operations[o], shape), here = results_on(cpu(), operations[o], shape);
    CAPTURE(shape, o);
    for (std::size_t i = 0; i < here.size(); ++i) CHECK(testing::same_bits(there[i], here[i]));
  }
}

TEMPLATE_TEST_CASE("sigmoid and its gradient are the same on a GPU, within rounding", "[cuda][unary]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(from_range(std::begin(shapes), std::end(shapes)));
  CAPTURE(shape);
  const Operation<TestType> operation = [](const auto& a, const auto& b) { return sigmoid(a * TestType(3)) - b; };
  const auto there = results_on(gpu(), operation, shape), here = results_on(cpu(), operation, shape);
  // The CPU may lack fused multiply-add; in double its exponential is that of the C library.
  for (std::size_t i = 0; i < here.size(); ++i)
    CHECK(testing::parity(there[i], here[i]) < (std::is_same_v<TestType, float> ? 2e-6 : 1e-14));
}

TEMPLATE_TEST_CASE("abs has derivative 0 at 0 on a GPU, and abs and sqrt pass NaN on", "[cuda][unary]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Variable<TestType> zero(Tensor<TestType>::zeros({1, 1, 1, 5}, gpu()), true);
  abs(zero).backward(Tensor<TestType>::full({1, 1, 1, 5}, 1, gpu()));
  CHECK(testing::same_bits(zero.grad().to(cpu()), Tensor<TestType>::zeros({1, 1, 1, 5})));
  const Variable<TestType> nan(Tensor<TestType>::full({1, 1, 1, 5}, std::numeric_limits<TestType>::quiet_NaN(), gpu()));
  for (const auto& y : {abs(nan), sqrt(nan)})
    for (const TestType value : y.value().to(cpu()).values()) CHECK(std::isnan(value));
}

TEST_CASE("arithmetic and losses refuse operands on different devices", "[cuda][arithmetic][error]") {
  PREMIX_REQUIRE_GPU();
  const auto here = testing::leaf<float>({1, 2, 3, 4}, 1), there = testing::moved(here, gpu());
  CHECK_THROWS_WITH(here * there, contains("on cpu and cuda:0. Move both to one device."));
}

}  // namespace premix
