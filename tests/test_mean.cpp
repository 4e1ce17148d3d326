#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/mean.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {

using testing::leaf;

TEMPLATE_TEST_CASE("mean is the sum over the count, its gradient one over the count", "[mean][isa]", float, double) {
  const Shape shape = GENERATE(Shape{2, 5, 7, 3}, Shape{1, 1, 1, 1}, Shape{3, 61, 103, 4});
  const auto x = leaf<TestType>(shape, 1);
  long double sum = 0;
  for (const TestType value : x.value().values()) sum += value;
  const auto y = mean(x);
  y.backward(Tensor<TestType>::full({1, 1, 1, 1}, TestType(-0.7)));
  CHECK(y.shape() == Shape{1, 1, 1, 1});
  const double limit = std::is_same_v<TestType, float> ? 6e-8 : 1e-16;
  CHECK(y.value().item() == Approx(static_cast<double>(sum / shape.size())).margin(limit).epsilon(limit));
  CHECK(testing::same_bits(x.grad(),
                           Tensor<TestType>::full(shape, TestType(-0.7) / static_cast<TestType>(shape.size()))));
}

TEST_CASE("mean's gradient passes the check against finite differences", "[mean][gradcheck]") {
  const auto x = leaf<double>({2, 3, 5, 4}, 1);
  const auto result = gradcheck([&] { return std::vector{mean(x)}; }, {x});
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 4);
}

TEST_CASE("mean sums floats in double", "[mean]") {
  auto x = Tensor<float>::full({1, 16, 64, 4}, 1.0f);
  x.mutable_data()[0] = 16777216.0f;  // 2^24, to which float can't add 1
  const double sum = 16777216.0 + 4095;
  CHECK(mean(Variable<float>(x)).value().item() == static_cast<float>(sum / 4096));
}

TEMPLATE_TEST_CASE("mean has the same bits for any number of threads", "[mean][threads]", float, double) {
  const auto run = [](int count) {
    const testing::Threads scope(count);
    return mean(leaf<TestType>({2, 131, 97, 4}, 1)).value().item();
  };
  CHECK(run(2) == run(1));
  CHECK(run(3) == run(1));
}

}  // namespace premix
