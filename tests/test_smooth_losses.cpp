#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/charbonnier_loss.hpp"
#include "premix/ops/l1_loss.hpp"
#include "premix/ops/mse_loss.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

using testing::leaf;

constexpr Shape shapes[] = {{2, 5, 7, 3}, {1, 1, 1, 1}, {3, 61, 103, 4}};

// The mean of value(prediction - target), in double.
template <Real T, class Value>
double mean_of(const Tensor<T>& prediction, const Tensor<T>& target, Value value) {
  long double sum = 0;
  for (std::int64_t i = 0; i < target.size(); ++i)
    sum += value(static_cast<double>(prediction.data()[i]) - static_cast<double>(target.data()[i]));
  return static_cast<double>(sum / target.size());
}

void check_gradient(const std::function<Variable<double>()>& loss, const Variable<double>& prediction) {
  const auto result = gradcheck([&] { return std::vector{loss()}; }, {prediction});
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 4);
  CHECK(result.kinks == 0);
}

}  // namespace

TEMPLATE_TEST_CASE("mse_loss is the mean squared difference, charbonnier_loss that of the smoothed absolute one",
                   "[mse_loss][charbonnier_loss][isa]", float, double) {
  const Shape shape = GENERATE(from_range(std::begin(shapes), std::end(shapes)));
  const double epsilon = GENERATE(1e-3, 0.5);
  const auto prediction = leaf<TestType>(shape, 1);
  const auto target = testing::uniform_image<TestType>(shape, -1, 1, 2);
  const auto limit = std::is_same_v<TestType, float> ? 4e-7 : 1e-14;
  const auto square = mse_loss(prediction, target);
  CHECK(square.shape() == Shape{1, 1, 1, 1});
  CHECK(square.value().item() ==
        Approx(mean_of(prediction.value(), target, [](double d) { return d * d; })).epsilon(limit));
  const auto smooth = charbonnier_loss(prediction, target, epsilon);
  CHECK(smooth.shape() == Shape{1, 1, 1, 1});
  CHECK(smooth.value().item() == Approx(mean_of(prediction.value(), target, [&](double d) {
                                   return std::sqrt(d * d + epsilon * epsilon);
                                 })).epsilon(limit));
}

TEST_CASE("gradients of mse_loss and charbonnier_loss pass the check against finite differences, also across 0",
          "[mse_loss][charbonnier_loss][gradcheck][isa]") {
  const auto prediction = leaf<double>({2, 3, 5, 4}, 1);
  const auto target = testing::uniform_image<double>({2, 3, 5, 4}, -1, 1, 2);
  check_gradient([&] { return mse_loss(prediction, target); }, prediction);
  check_gradient([&] { return charbonnier_loss(prediction, target, 0.1); }, prediction);
  const auto small = testing::leaf_between<double>({2, 3, 5, 4}, -0.02, 0.02, 3);
  check_gradient([&] { return charbonnier_loss(small, Tensor<double>::zeros({2, 3, 5, 4}), 0.01); }, small);
}

TEST_CASE("charbonnier_loss is epsilon with derivative 0 where prediction and target agree", "[charbonnier_loss]") {
  const auto prediction = leaf<double>({2, 3, 5, 4}, 1);
  const auto loss = charbonnier_loss(prediction, prediction.value().clone(), 0.25);
  loss.backward();
  CHECK(loss.value().item() == 0.25);
  CHECK(testing::same_bits(prediction.grad(), Tensor<double>::zeros({2, 3, 5, 4})));
}

TEST_CASE("charbonnier_loss goes to l1_loss far from 0, with epsilon 0.001 by default", "[charbonnier_loss]") {
  const auto prediction = leaf<float>({2, 3, 5, 4}, 1);
  const auto target = Tensor<float>::full({2, 3, 5, 4}, 3);
  const float loss = charbonnier_loss(prediction, target).value().item();
  CHECK(loss == Approx(l1_loss(prediction, target).value().item()).epsilon(1e-6));
  CHECK(charbonnier_loss(prediction, prediction.value()).value().item() == 1e-3f);
}

TEST_CASE("mse_loss and charbonnier_loss pass NaN on", "[mse_loss][charbonnier_loss]") {
  const Variable<float> prediction(Tensor<float>::from({1, 1, 2, 1}, {1, std::numeric_limits<float>::quiet_NaN()}));
  const auto target = Tensor<float>::zeros({1, 1, 2, 1});
  CHECK(std::isnan(mse_loss(prediction, target).value().item()));
  CHECK(std::isnan(charbonnier_loss(prediction, target).value().item()));
}

TEMPLATE_TEST_CASE("mse_loss and charbonnier_loss have the same bits for any number of threads",
                   "[mse_loss][charbonnier_loss][threads]", float, double) {
  const auto run = [](int count) {
    const testing::Threads scope(count);
    const auto prediction = leaf<TestType>({2, 131, 97, 4}, 1);
    const auto target = testing::uniform_image<TestType>({2, 131, 97, 4}, -1, 1, 2);
    return std::pair(mse_loss(prediction, target).value().item(), charbonnier_loss(prediction, target).value().item());
  };
  CHECK(run(2) == run(1));
  CHECK(run(3) == run(1));
}

TEST_CASE("mse_loss and charbonnier_loss refuse shapes that differ", "[mse_loss][charbonnier_loss][error]") {
  const auto prediction = leaf<float>({1, 2, 3, 4}, 1);
  const auto target = Tensor<float>::zeros({1, 2, 3, 1});
  const auto first = contains("(1, 2, 3, 4)"), second = contains("(1, 2, 3, 1)");
  CHECK_THROWS_WITH(mse_loss(prediction, target), contains("mse_loss") && first && second);
  CHECK_THROWS_WITH(charbonnier_loss(prediction, target), contains("charbonnier_loss") && first && second);
}

TEST_CASE("charbonnier_loss refuses an epsilon that is not positive", "[charbonnier_loss][error]") {
  const auto x = leaf<float>({1, 2, 3, 4}, 1);
  for (const float epsilon : {0.0f, -1.0f, 1e-20f, std::numeric_limits<float>::infinity(), std::nanf("")})
    CHECK_THROWS_WITH(charbonnier_loss(x, x.value(), epsilon), contains("epsilon") && contains("from 1e-15"));
}

}  // namespace premix
