#include "cuda/on_device.hpp"
#include "premix/autograd/gradcheck.hpp"
#include "premix/core/random.hpp"
#include "premix/image/window.hpp"
#include "premix/ops/add.hpp"
#include "premix/ops/relu.hpp"
#include "support/contains.hpp"

// Functions that run on the host only. They refuse a tensor on a GPU, or copy its values to the CPU.

namespace premix {

using testing::gpu;

TEST_CASE("the host can't access elements of a tensor on a GPU", "[cuda][host]") {
  PREMIX_REQUIRE_GPU();
  const auto x = Tensor<float>::zeros({1, 2, 3, 1}, gpu());
  CHECK_THROWS_WITH(x(0, 0, 0, 0), contains("cuda:0") && contains("to(cpu())"));
  CHECK_THROWS_WITH(x.values(), contains("cuda:0") && contains("to(cpu())"));
}

TEST_CASE("crop and pad_by_reflection refuse a tensor on a GPU", "[cuda][host]") {
  PREMIX_REQUIRE_GPU();
  const auto x = Tensor<float>::zeros({1, 8, 9, 2}, gpu());
  CHECK_THROWS_WITH(crop(x, {1, 2, 3, 4}), contains("crop") && contains("(1, 8, 9, 2)") && contains("cuda:0"));
  CHECK_THROWS_WITH(pad_by_reflection(x, 12, 12),
                    contains("pad_by_reflection") && contains("(1, 8, 9, 2)") && contains("cuda:0"));
}

TEST_CASE("a tensor on a GPU gets the random numbers of the CPU", "[cuda][host]") {
  PREMIX_REQUIRE_GPU();
  const auto filled = [](Device device) {
    Tensor<float> x({2, 3, 5, 7}, device);
    std::mt19937 generator(1);
    fill_uniform(x, 0.5, generator);
    return x.to(cpu());
  };
  CHECK(testing::same_bits(filled(gpu()), filled(cpu())));
}

TEST_CASE("the gradient check accepts leaves on a GPU and restores their values", "[cuda][host]") {
  PREMIX_REQUIRE_GPU();
  const auto a = testing::leaf_between<double>({1, 3, 5, 2}, 0.1, 1, 1),
             b = testing::leaf_between<double>({1, 3, 5, 2}, 0.1, 1, 2);
  const auto check = [&](Device device) {
    const Variable<double> x(a.value().clone().to(device), true), y(b.value().clone().to(device), true);
    const auto result = gradcheck([&] { return std::vector{relu(x + y), x + x}; }, {x, y});
    CHECK(testing::same_bits(x.value().to(cpu()), a.value()));
    CHECK(x.grad().device() == device);
    CHECK(result.checked > 0);
    CHECK(result.worst < 1e-6);
    return result.worst;
  };
  CHECK(check(gpu()) == check(cpu()));
}

TEST_CASE("a gradient from another device is refused", "[cuda][host]") {
  PREMIX_REQUIRE_GPU();
  const auto x = testing::moved(testing::leaf<float>({1, 3, 4, 2}, 1), gpu());
  CHECK_THROWS_WITH(relu(x).backward(testing::uniform_image<float>({1, 3, 4, 2}, -1, 1, 2)),
                    contains("gradient on cpu") && contains("cuda:0"));
}

}  // namespace premix
