#include <cmath>
#include <limits>

#include "cuda/on_device.hpp"
#include "golden_checks/conv2d.hpp"
#include "golden_checks/conv_transpose2d.hpp"
#include "premix/core/precision.hpp"
#include "premix/ops/conv2d.hpp"
#include "premix/ops/conv_transpose2d.hpp"
#include "premix/ops/residual_sum.hpp"

namespace premix {
namespace {

using testing::gpu;
using testing::parity;
using testing::parity_limit;

template <Real T>
using Results = std::vector<Tensor<T>>;  // on the CPU

template <Real T>
void check_parity(const Results<T>& on_gpu, const Results<T>& on_cpu) {
  REQUIRE(on_gpu.size() == on_cpu.size());
  for (std::size_t i = 0; i < on_cpu.size(); ++i) {
    INFO("result " << i);
    CHECK(parity(on_gpu[i], on_cpu[i]) < parity_limit<T>);
  }
}

template <Real T>
void check_same_bits(const Results<T>& a, const Results<T>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(testing::same_bits(a[i], b[i]));
}

struct Case {
  Shape x;
  std::int64_t out, kernel;
  bool bias;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << "x " << c.x << ", " << c.out << " channels, kernel " << c.kernel << (c.bias ? ", bias" : "");
}

// Odd sizes; kernels larger than the image; enough rows for chunks of several rows with a smaller last chunk.
const Case cases[] = {{{2, 5, 7, 1}, 3, 1, true},  {{1, 7, 5, 3}, 4, 3, true},  {{3, 9, 6, 4}, 8, 3, false},
                      {{2, 6, 11, 8}, 5, 5, true}, {{1, 8, 9, 5}, 2, 7, false}, {{1, 2, 3, 2}, 3, 9, true},
                      {{1, 1, 1, 4}, 4, 3, true},  {{7, 37, 3, 2}, 2, 3, true}, {{1, 3, 150, 3}, 4, 3, true}};

// Returns y and all gradients.
template <Real T>
Results<T> convolve(const Case& c, Device device) {
  const auto x = testing::moved(testing::leaf<T>(c.x, 1), device);
  const auto weight = testing::moved(testing::leaf<T>({c.out, c.kernel, c.kernel, c.x.c}, 2), device);
  const auto bias = c.bias ? testing::moved(testing::leaf<T>({1, 1, 1, c.out}, 3), device) : Variable<T>();
  const auto y = conv2d(x, weight, bias);
  y.backward(testing::uniform_image<T>(y.shape(), -1, 1, 4).to(device));
  Results<T> results{y.value().to(cpu()), x.grad().to(cpu()), weight.grad().to(cpu())};
  if (c.bias) results.push_back(bias.grad().to(cpu()));
  return results;
}

template <Real T>
Results<T> transpose(Shape shape, std::int64_t out, Device device) {
  const auto x = testing::moved(testing::leaf<T>(shape, 1), device);
  const auto weight = testing::moved(testing::leaf<T>({shape.c, 3, 3, out}, 2), device);
  const auto bias = testing::moved(testing::leaf<T>({1, 1, 1, out}, 3), device);
  const auto y = conv_transpose2d(x, weight, bias);
  y.backward(testing::uniform_image<T>(y.shape(), -1, 1, 4).to(device));
  return {y.value().to(cpu()), x.grad().to(cpu()), weight.grad().to(cpu()), bias.grad().to(cpu())};
}

// Returns the result and all gradients of a residual block, which fuses the steps after its convolutions.
template <Real T>
Results<T> block(Shape shape, std::int64_t kernel, Device device) {
  const auto x = testing::moved(testing::leaf<T>(shape, 1), device);
  const auto first = testing::moved(testing::leaf<T>({6, kernel, kernel, shape.c}, 2), device);
  const auto second = testing::moved(testing::leaf<T>({shape.c, kernel, kernel, 6}, 3), device);
  const auto y = residual_sum(x, first, second);
  y.backward(testing::uniform_image<T>(y.shape(), -1, 1, 4).to(device));
  return {y.value().to(cpu()), x.grad().to(cpu()), first.grad().to(cpu()), second.grad().to(cpu())};
}

// Runs the three passes without autograd, for sizes that no operation uses. All inputs are rounded to T, so the passes
// in one type are a reference for those in another.
template <Real Computed, Real T>
Results<Computed> passes(const Conv2dSizes& s, Device device) {
  const auto input = [&](Shape shape, std::uint32_t seed) {
    const auto values = testing::uniform_image<T>(shape, -1, 1, seed);
    return testing::image_of<Computed>(shape, [&](auto... at) { return values(at...); }).to(device);
  };
  const auto x = input({s.images, s.height, s.width, s.channels}, 1),
             d_y = input({s.images, s.out_height, s.out_width, s.out_channels}, 2);
  const auto weight = input({s.out_channels, s.kernel, s.kernel, s.channels}, 3);
  Tensor<Computed> y(d_y.shape(), device), d_x(x.shape(), device), d_weight(weight.shape(), device);
  on_device(device, [&](auto tag) {
    conv2d_forward(tag, Conv2dArgs<Computed>{x.data(), weight.data(), nullptr, y.mutable_data(), s});
    conv2d_backward_data(tag, Conv2dBackwardDataArgs<Computed>{d_y.data(), weight.data(), d_x.mutable_data(), s});
    conv2d_backward_weight(tag, Conv2dBackwardWeightArgs<Computed>{x.data(), d_y.data(), d_weight.mutable_data(), s});
  });
  return {y.to(cpu()), d_x.to(cpu()), d_weight.to(cpu())};
}

}  // namespace

TEST_CASE("golden: convolution on a GPU and its gradients match the published code's framework",
          "[cuda][conv2d][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::check_conv2d_files(gpu());
}

TEST_CASE("golden: transposed convolution on a GPU and its gradients match the published code's framework",
          "[cuda][conv2d][conv_transpose2d][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::check_conv_transpose2d_files(gpu());
}

TEMPLATE_TEST_CASE("conv2d and its gradients on a GPU match the CPU at any size", "[cuda][conv2d]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Case c = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(c);
  const auto there = convolve<TestType>(c, gpu());
  check_parity(there, convolve<TestType>(c, cpu()));
  check_same_bits(there, convolve<TestType>(c, gpu()));
}

TEMPLATE_TEST_CASE("conv_transpose2d and its gradients on a GPU match the CPU at any size",
                   "[cuda][conv2d][conv_transpose2d]", float, double) {
  PREMIX_REQUIRE_GPU();
  const auto [shape, out] = GENERATE(table<Shape, std::int64_t>(
      {{{2, 5, 7, 3}, 4}, {{1, 1, 1, 1}, 1}, {{1, 1, 6, 4}, 8}, {{3, 4, 3, 8}, 5}, {{7, 37, 2, 2}, 3}}));
  CAPTURE(shape, out);
  const auto there = transpose<TestType>(shape, out, gpu());
  check_parity(there, transpose<TestType>(shape, out, cpu()));
  check_same_bits(there, transpose<TestType>(shape, out, gpu()));
}

TEMPLATE_TEST_CASE("residual blocks and convolutions with relu on a GPU match the CPU", "[cuda][conv2d]", float,
                   double) {
  PREMIX_REQUIRE_GPU();
  const auto [shape, kernel] =
      GENERATE(table<Shape, std::int64_t>({{{2, 9, 7, 5}, 3}, {{1, 6, 11, 8}, 1}, {{3, 5, 4, 1}, 5}}));
  CAPTURE(shape, kernel);
  const auto there = block<TestType>(shape, kernel, gpu());
  check_parity(there, block<TestType>(shape, kernel, cpu()));
  check_same_bits(there, block<TestType>(shape, kernel, gpu()));
  const Case c{shape, 7, kernel, true};
  const auto with_relu = [&](Device device) {
    const auto x = testing::moved(testing::leaf<TestType>(c.x, 1), device);
    const auto weight = testing::moved(testing::leaf<TestType>({c.out, c.kernel, c.kernel, c.x.c}, 2), device);
    const auto bias = testing::moved(testing::leaf<TestType>({1, 1, 1, c.out}, 3), device);
    const auto y = conv2d(x, weight, bias, Conv2dActivation::relu);
    y.backward(testing::uniform_image<TestType>(y.shape(), -1, 1, 4).to(device));
    return Results<TestType>{y.value().to(cpu()), x.grad().to(cpu()), weight.grad().to(cpu()), bias.grad().to(cpu())};
  };
  check_parity(with_relu(gpu()), with_relu(cpu()));
}

TEST_CASE("NaN propagates through a convolution and its relu on a GPU", "[cuda][conv2d]") {
  PREMIX_REQUIRE_GPU();
  auto image = testing::uniform_image<float>({1, 19, 17, 4}, -1, 1, 1);
  image.mutable_data()[0] = std::numeric_limits<float>::quiet_NaN();
  const auto weight = testing::uniform_image<float>({8, 3, 3, 4}, -1, 1, 2);
  const auto y = conv2d(Variable<float>(image.to(gpu())), Variable<float>(weight.to(gpu())), {}, Conv2dActivation::relu)
                     .value()
                     .to(cpu());
  CHECK(std::isnan(y(0, 1, 1, 7)));
  CHECK_FALSE(std::isnan(y(0, 18, 16, 7)));
}

TEST_CASE("a convolution in a lower precision on a GPU is accurate to its significant bits and deterministic",
          "[cuda][conv2d]") {
  PREMIX_REQUIRE_GPU();
  const auto [precision, limit] =
      GENERATE(table<Precision, double>({{Precision::tf32, 1e-3}, {Precision::bfloat16, 1e-2}}));
  const Case c =
      GENERATE(values<Case>({{{2, 9, 7, 1}, 32, 3, true}, {{1, 8, 11, 4}, 5, 3, true}, {{2, 6, 6, 32}, 36, 3, true}}));
  CAPTURE(c, precision_name(precision));
  const auto here = convolve<float>(c, cpu());
  const ConvolutionPrecision guard(precision);
  check_same_bits(convolve<float>(c, cpu()), here);
  const auto there = convolve<float>(c, gpu());
  for (std::size_t i = 0; i < here.size(); ++i) CHECK(parity(there[i], here[i]) < limit);
  check_same_bits(there, convolve<float>(c, gpu()));
}

TEMPLATE_TEST_CASE("convolutions with stride 2 on a GPU match the CPU, also if the stride does not divide the size",
                   "[cuda][conv2d]", float, double) {
  PREMIX_REQUIRE_GPU();
  const int kernel = GENERATE(1, 3, 5, 7);
  const auto [height, width] = GENERATE(table<std::int64_t, std::int64_t>({{7, 10}, {8, 9}, {1, 2}, {2, 1}}));
  const Conv2dSizes sizes{2, height, width, 3, (height + 1) / 2, (width + 1) / 2, 5, kernel, 2};
  CAPTURE(kernel, height, width);
  const auto there = passes<TestType, TestType>(sizes, gpu());
  const auto here = passes<double, TestType>(sizes, cpu());
  for (std::size_t i = 0; i < here.size(); ++i)
    CHECK(golden::relative_difference(there[i], here[i]) < parity_limit<TestType>);
}

TEST_CASE("conv2d on a GPU computes the gradient of a weight larger than the scratch memory", "[cuda][conv2d]") {
  PREMIX_REQUIRE_GPU();
  const auto x = testing::uniform_image<float>({1, 2, 2, 2100}, -1, 1, 1),
             d_y = testing::uniform_image<float>({1, 2, 2, 2100}, -1, 1, 2);
  const auto gradient = [&](Device device) {
    const auto there = x.to(device), d_there = d_y.to(device);
    Tensor<float> d_weight({2100, 1, 1, 2100}, device);
    on_device(device, [&](auto tag) {
      conv2d_backward_weight(
          tag, Conv2dBackwardWeightArgs<float>{
                   there.data(), d_there.data(), d_weight.mutable_data(), {1, 2, 2, 2100, 2, 2, 2100, 1, 1}});
    });
    return d_weight;
  };
  CHECK(parity(gradient(gpu()), gradient(cpu())) < parity_limit<float>);
}

}  // namespace premix
