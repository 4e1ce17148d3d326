#include <cmath>

#include "cuda/on_device.hpp"
#include "premix/ops/l1_loss.hpp"

namespace premix {
namespace {

using testing::gpu;

// One element; less than a block's stretch; many stretches with a remainder; more stretches than threads in a block.
const Shape shapes[] = {{1, 1, 1, 1}, {2, 5, 7, 3}, {3, 61, 103, 5}, {1, 513, 1027, 2}};

template <Real T>
Tensor<T> loss_of(const Tensor<T>& prediction, const Tensor<T>& target, Device device) {
  return l1_loss(Variable<T>(prediction.to(device)), target.to(device)).value().to(cpu());
}

}  // namespace

TEMPLATE_TEST_CASE("l1_loss on a GPU matches the CPU for any number of elements", "[cuda][l1_loss]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(from_range(std::begin(shapes), std::end(shapes)));
  CAPTURE(shape);
  const auto prediction = testing::uniform_image<TestType>(shape, -1, 1, 1),
             target = testing::uniform_image<TestType>(shape, -1, 1, 2);
  const auto there = loss_of(prediction, target, gpu());
  // Sums are in double, so only the last rounding differs.
  const double limit = std::is_same_v<TestType, float> ? 1.2e-7 : 1e-13;
  CHECK(testing::parity(there, loss_of(prediction, target, cpu())) < limit);
  CHECK(testing::same_bits(there, loss_of(prediction, target, gpu())));
}

TEMPLATE_TEST_CASE("l1_loss's gradient on a GPU matches the CPU to the bit, on both sides and at 0", "[cuda][l1_loss]",
                   float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(from_range(std::begin(shapes), std::begin(shapes) + 3));
  CAPTURE(shape);
  const auto target = testing::uniform_image<TestType>(shape, -1, 1, 2);
  const auto gradient = [&](Device device) {
    auto start = testing::uniform_image<TestType>(shape, -1, 1, 1);
    for (std::int64_t i = 2; i < start.size(); i += 5) start.mutable_data()[i] = target.data()[i];
    const Variable<TestType> prediction(start.to(device), true);
    l1_loss(prediction, target.to(device)).backward(Tensor<TestType>::full({1, 1, 1, 1}, TestType(-0.7), device));
    return prediction.grad().to(cpu());
  };
  const auto there = gradient(gpu());
  CHECK(testing::same_bits(there, gradient(cpu())));
  if (there.size() > 2) CHECK(there.data()[2] == 0);
}

TEST_CASE("l1_loss on a GPU sums floats in double", "[cuda][l1_loss]") {
  PREMIX_REQUIRE_GPU();
  auto prediction = Tensor<float>::full({1, 16, 64, 4}, 1.0f);
  prediction.mutable_data()[0] = 16777216.0f;  // 2^24, to which float can't add 1
  const double sum = 16777216.0 + 4095;
  CHECK(loss_of(prediction, Tensor<float>::zeros(prediction.shape()), gpu()).item() == static_cast<float>(sum / 4096));
}

TEST_CASE("l1_loss on a GPU propagates NaN from a pack and from the remainder", "[cuda][l1_loss]") {
  PREMIX_REQUIRE_GPU();
  const int place = GENERATE(1, 4);
  auto prediction = Tensor<float>::full({1, 1, 1, 5}, 1.0f);
  prediction.mutable_data()[place] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(loss_of(prediction, Tensor<float>::zeros(prediction.shape()), gpu()).item()));
}

}  // namespace premix
