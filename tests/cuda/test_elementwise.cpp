#include "cuda/on_device.hpp"
#include "premix/ops/add.hpp"
#include "premix/ops/conv2d.hpp"
#include "premix/ops/relu.hpp"

namespace premix {
namespace {

using testing::gpu;
using testing::parity;

// Whole packs; some elements more; less than a pack; more than one block.
const Shape shapes[] = {{1, 1, 1, 1}, {1, 1, 1, 3}, {1, 3, 5, 4}, {2, 7, 9, 5}, {1, 33, 17, 8}};

}  // namespace

TEMPLATE_TEST_CASE("relu, add and their gradients on a GPU match the CPU to the bit", "[cuda][elementwise]", float,
                   double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(from_range(std::begin(shapes), std::end(shapes)));
  CAPTURE(shape);
  const auto d_y = testing::uniform_image<TestType>(shape, -1, 1, 3);
  const auto run = [&](Device device) {
    const auto a = testing::moved(testing::leaf<TestType>(shape, 1), device),
               b = testing::moved(testing::leaf<TestType>(shape, 2), device);
    const auto y = relu(a + b);
    y.backward(d_y.to(device));
    return std::vector{y.value().to(cpu()), a.grad().to(cpu()), b.grad().to(cpu())};
  };
  const auto there = run(gpu()), here = run(cpu());
  for (std::size_t i = 0; i < here.size(); ++i) CHECK(testing::same_bits(there[i], here[i]));
}

TEMPLATE_TEST_CASE("bias gradients on a GPU match the CPU for any number of pixels and channels", "[cuda][elementwise]",
                   float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(Shape{1, 1, 1, 1}, Shape{2, 41, 27, 5}, Shape{1, 33, 64, 36}, Shape{1, 3, 2, 300},
                               Shape{1, 40, 40, 256});
  CAPTURE(shape);
  const auto d_y = testing::uniform_image<TestType>(shape, -1, 1, 3);
  const auto on_gpu = detail::bias_gradient(d_y.to(gpu()));
  CHECK(parity(on_gpu, detail::bias_gradient(d_y)) < testing::parity_limit<TestType>);
  CHECK(testing::same_bits(on_gpu.to(cpu()), detail::bias_gradient(d_y.to(gpu())).to(cpu())));
}

TEST_CASE("add_bias on a GPU matches the CPU to the bit", "[cuda][elementwise]") {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(Shape{1, 1, 1, 1}, Shape{2, 7, 9, 5}, Shape{1, 33, 17, 8});
  const auto bias = testing::uniform_image<float>({1, 1, 1, shape.c}, -1, 1, 1);
  const auto run = [&](Device where) {
    auto y = testing::uniform_image<float>(shape, -1, 1, 2).to(where);
    const auto b = bias.to(where);
    on_device(where, [&](auto device) {
      add_bias(device, AddBiasArgs<float>{b.data(), y.mutable_data(), shape.pixels(), shape.c});
    });
    return y.to(cpu());
  };
  CHECK(testing::same_bits(run(gpu()), run(cpu())));
}

}  // namespace premix
