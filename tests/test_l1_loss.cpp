#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/l1_loss.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

using testing::leaf;

constexpr Shape shapes[] = {{2, 5, 7, 3}, {1, 1, 1, 1}, {3, 61, 103, 4}};

}  // namespace

TEMPLATE_TEST_CASE("l1_loss is the mean absolute difference, its gradient the sign divided by the count",
                   "[l1_loss][isa]", float, double) {
  const Shape shape = GENERATE(from_range(std::begin(shapes), std::end(shapes)));
  const auto prediction = leaf<TestType>(shape, 1);
  const auto target = testing::uniform_image<TestType>(shape, -1, 1, 2);
  long double sum = 0;
  for (std::int64_t i = 0; i < target.size(); ++i)
    sum += std::abs(static_cast<double>(prediction.value().data()[i]) - static_cast<double>(target.data()[i]));
  const auto loss = l1_loss(prediction, target);
  loss.backward();
  CHECK(loss.shape() == Shape{1, 1, 1, 1});
  CHECK(loss.value().item() ==
        Approx(static_cast<double>(sum / shape.size())).epsilon(std::is_same_v<TestType, float> ? 3e-7 : 1e-14));
  const auto expected = testing::image_of<TestType>(shape, [&](auto... at) {
    return (prediction.value()(at...) > target(at...) ? 1 : -1) / static_cast<TestType>(shape.size());
  });
  CHECK(testing::same_bits(prediction.grad(), expected));
}

TEST_CASE("l1_loss's gradient passes the check against finite differences on both sides", "[l1_loss][gradcheck]") {
  const double side = GENERATE(-1, 1);
  const auto prediction = testing::leaf_between<double>({2, 3, 5, 4}, -0.4, 0.4, 1);
  const auto target = Tensor<double>::full({2, 3, 5, 4}, side);
  const auto result = gradcheck([&] { return std::vector{l1_loss(prediction, target)}; }, {prediction});
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 4);
  CHECK(result.kinks == 0);
}

TEST_CASE("l1_loss's derivative is 0 where prediction and target are equal", "[l1_loss]") {
  const Variable<double> prediction(Tensor<double>::from({1, 1, 3, 1}, {1, 2, 3}), true);
  l1_loss(prediction, Tensor<double>::from({1, 1, 3, 1}, {1, 0, 5})).backward();
  CHECK(testing::same_bits(prediction.grad(), Tensor<double>::from({1, 1, 3, 1}, {0, 1.0 / 3, -1.0 / 3})));
}

TEST_CASE("l1_loss propagates NaN", "[l1_loss]") {
  const Variable<float> prediction(Tensor<float>::from({1, 1, 2, 1}, {1, std::numeric_limits<float>::quiet_NaN()}));
  CHECK(std::isnan(l1_loss(prediction, Tensor<float>::zeros({1, 1, 2, 1})).value().item()));
}

TEMPLATE_TEST_CASE("l1_loss has the same bits for any number of threads", "[l1_loss][threads]", float, double) {
  const auto run = [](int count) {
    const testing::Threads scope(count);
    return l1_loss(leaf<TestType>({2, 131, 97, 4}, 1), testing::uniform_image<TestType>({2, 131, 97, 4}, -1, 1, 2))
        .value()
        .item();
  };
  CHECK(run(2) == run(1));
  CHECK(run(3) == run(1));
}

TEST_CASE("l1_loss refuses different shapes", "[l1_loss][error]") {
  CHECK_THROWS_WITH(l1_loss(leaf<float>({1, 2, 3, 4}, 1), Tensor<float>::zeros({1, 2, 3, 1})),
                    contains("(1, 2, 3, 4)") && contains("(1, 2, 3, 1)"));
}

}  // namespace premix
