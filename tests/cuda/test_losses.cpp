#include <cmath>

#include "cuda/on_device.hpp"
#include "premix/ops/charbonnier_loss.hpp"
#include "premix/ops/mean.hpp"
#include "premix/ops/mse_loss.hpp"

namespace premix {
namespace {

using testing::gpu;

// One element, less than a block's stretch, many stretches with a rest, and more stretches than one block has threads.
const Shape shapes[] = {{1, 1, 1, 1}, {2, 5, 7, 3}, {3, 61, 103, 5}, {1, 513, 1027, 2}};

// Values and gradients of mean, mse_loss and charbonnier_loss.
template <Real T>
struct Results {
  std::vector<Tensor<T>> values, gradients;
};

template <Real T>
Results<T> results_on(Device device, const Tensor<T>& prediction, const Tensor<T>& target) {
  Results<T> results;
  const auto take = [&](auto loss) {
    const Variable<T> x(prediction.to(device), true);
    const Variable<T> y = loss(x, target.to(device));
    y.backward(Tensor<T>::full({1, 1, 1, 1}, T(-0.7), device));
    results.values.push_back(y.value().to(cpu()));
    results.gradients.push_back(x.grad().to(cpu()));
  };
  take([](const Variable<T>& x, const Tensor<T>&) { return mean(x); });
  take([](const Variable<T>& x, const Tensor<T>& t) { return mse_loss(x, t); });
  take([](const Variable<T>& x, const Tensor<T>& t) { return charbonnier_loss(x, t, T(0.01)); });
  return results;
}

}  // namespace

TEMPLATE_TEST_CASE("mean, mse_loss and charbonnier_loss are the same on a GPU, their gradients to the bit",
                   "[cuda][mean][mse_loss][charbonnier_loss]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(from_range(std::begin(shapes), std::end(shapes)));
  CAPTURE(shape);
  // Between 0 and 1, so that no sum cancels.
  const auto prediction = testing::uniform_image<TestType>(shape, 0, 1, 1),
             target = testing::uniform_image<TestType>(shape, 0, 1, 2);
  const auto there = results_on(gpu(), prediction, target), again = results_on(gpu(), prediction, target),
             here = results_on(cpu(), prediction, target);
  const double limit = std::is_same_v<TestType, float> ? 1.2e-7 : 1e-13;  // summed in double: the last rounding
  for (std::size_t i = 0; i < here.values.size(); ++i) {
    CAPTURE(i);
    CHECK(testing::parity(there.values[i], here.values[i]) < limit);
    CHECK(testing::same_bits(there.values[i], again.values[i]));
    CHECK(testing::same_bits(there.gradients[i], here.gradients[i]));
  }
}

TEST_CASE("mean and mse_loss on a GPU sum floats in double", "[cuda][mean][mse_loss]") {
  PREMIX_REQUIRE_GPU();
  auto x = Tensor<float>::full({1, 16, 64, 4}, 1.0f);
  const auto zeros = Tensor<float>::zeros(x.shape());
  x.mutable_data()[0] = 16777216.0f;  // 2^24, to which float can't add 1
  CHECK(results_on(gpu(), x, zeros).values[0].item() == static_cast<float>((16777216.0 + 4095) / 4096));
  x.mutable_data()[0] = 4096.0f;  // whose square is 2^24
  CHECK(results_on(gpu(), x, zeros).values[1].item() == static_cast<float>((16777216.0 + 4095) / 4096));
}

TEST_CASE("mean, mse_loss and charbonnier_loss on a GPU pass NaN on, from a pack and from what is left over",
          "[cuda][mean][mse_loss][charbonnier_loss]") {
  PREMIX_REQUIRE_GPU();
  const int place = GENERATE(1, 4);
  auto x = Tensor<float>::full({1, 1, 1, 5}, 1.0f);
  x.mutable_data()[place] = std::numeric_limits<float>::quiet_NaN();
  for (const auto& value : results_on(gpu(), x, Tensor<float>::zeros(x.shape())).values)
    CHECK(std::isnan(value.item()));
}

}  // namespace premix
