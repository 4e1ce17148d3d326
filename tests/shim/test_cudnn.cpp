#include <cudnn_backend.h>

#include <bit>
#include <utility>

#include "cuda/cudnn/library.hpp"
#include "cuda/on_device.hpp"
#include "cudnn.hpp"
#include "premix/core/precision.hpp"
#include "premix/kernels/conv2d_fused.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"

// Tests of the choice among the engines of a simulated cuDNN.

namespace premix {
namespace {

namespace engine = shim::engine;
using testing::gpu;

using Engines = std::vector<std::int64_t>;

// Replaces the simulated cuDNN during its lifetime.
class SimulatedCudnn {
 public:
  explicit SimulatedCudnn(shim::Cudnn cudnn) : before_(std::exchange(shim::cudnn(), std::move(cudnn))) {}
  ~SimulatedCudnn() { shim::cudnn() = before_; }

 private:
  shim::Cudnn before_;
};

// A convolution with its gradients, and with optional bias, residual and relu. Each test uses another image height.
struct Convolution {
  Conv2dSizes sizes;
  Tensor<float> x, weight, bias, residual, d_y;

  explicit Convolution(std::int64_t height, std::int64_t channels = 3, int kernel = 3, int stride = 1)
      : sizes{2, height, 5, channels, (height + stride - 1) / stride, (5 + stride - 1) / stride, 4, kernel, stride},
        x(testing::uniform_image<float>({2, height, 5, channels}, -1, 1, 1)),
        weight(testing::uniform_image<float>({4, kernel, kernel, channels}, -1, 1, 2)),
        bias(testing::uniform_image<float>({1, 1, 1, 4}, -1, 1, 3)),
        residual(testing::uniform_image<float>({2, sizes.out_height, sizes.out_width, 4}, -1, 1, 4)),
        d_y(testing::uniform_image<float>(residual.shape(), -1, 1, 5)) {}

  std::vector<Tensor<float>> passes(Device device) const {
    const auto x_ = x.to(device), weight_ = weight.to(device), d_y_ = d_y.to(device);
    Tensor<float> y(d_y.shape(), device), d_x(x.shape(), device), d_weight(weight.shape(), device);
    on_device(device, [&](auto tag) {
      conv2d_forward(tag, Conv2dArgs<float>{x_.data(), weight_.data(), nullptr, y.mutable_data(), sizes});
      conv2d_backward_data(tag, Conv2dBackwardDataArgs<float>{d_y_.data(), weight_.data(), d_x.mutable_data(), sizes});
      conv2d_backward_weight(tag,
                             Conv2dBackwardWeightArgs<float>{x_.data(), d_y_.data(), d_weight.mutable_data(), sizes});
    });
    return {y.to(cpu()), d_x.to(cpu()), d_weight.to(cpu())};
  }

  struct Epilogue {
    bool bias = false, residual = false, relu = false;
  };
  Tensor<float> fused(Device device, Epilogue epilogue) const {
    const auto x_ = x.to(device), weight_ = weight.to(device), bias_ = bias.to(device), residual_ = residual.to(device);
    Tensor<float> y(d_y.shape(), device);
    on_device(device, [&](auto tag) {
      conv2d_fused_forward(
          tag, FusedConv2dArgs<float>{
                   .conv = {x_.data(), weight_.data(), epilogue.bias ? bias_.data() : nullptr, y.mutable_data(), sizes},
                   .residual = epilogue.residual ? residual_.data() : nullptr,
                   .relu = epilogue.relu});
    });
    return y.to(cpu());
  }
};

void check_near(const std::vector<Tensor<float>>& there, const std::vector<Tensor<float>>& here, double limit) {
  for (std::size_t i = 0; i < here.size(); ++i) CHECK(testing::parity(there[i], here[i]) < limit);
}

// Returns the lines of cudnn_engines() with this image height.
std::vector<std::string> lines_about(std::int64_t height) {
  std::vector<std::string> lines = cudnn_engines();
  std::erase_if(
      lines, [&](const std::string& line) { return line.find(concat(" 2x", height, "x5x3 ")) == std::string::npos; });
  return lines;
}

}  // namespace

TEST_CASE("cuDNN is used if it is available", "[cudnn]") {
  CHECK(cudnn_problem().empty());
  CHECK(cudnn_version() == concat(CUDNN_MAJOR, '.', CUDNN_MINOR, '.', CUDNN_PATCHLEVEL));
}

TEST_CASE("the first supported engine that is deterministic, exact and small in workspace is used", "[cudnn]") {
  const Convolution c(21);
  const SimulatedCudnn cudnn({});
  check_near(c.passes(gpu()), c.passes(cpu()), 1e-6);
  CHECK(shim::cudnn().executed == Engines(3, engine::good));
  CHECK(lines_about(21) ==
        std::vector<std::string>{"conv2d backward data 2x21x5x3 -> 4, 3x3, fp32: engine 7 (winograd)",
                                 "conv2d backward weight 2x21x5x3 -> 4, 3x3, fp32: engine 7 (winograd)",
                                 "conv2d forward 2x21x5x3 -> 4, 3x3, fp32: engine 7 (winograd)"});
}

TEST_CASE("cuDNN computes all passes at all sizes", "[cudnn]") {
  const std::int64_t height = GENERATE(1, 6, 7), channels = GENERATE(1, 3);
  const int kernel = GENERATE(1, 3, 5, 7), stride = GENERATE(1, 2);
  CAPTURE(height, channels, kernel, stride);
  const Convolution c(height, channels, kernel, stride);
  const SimulatedCudnn cudnn({});
  check_near(c.passes(gpu()), c.passes(cpu()), 1e-6);
  CHECK(shim::cudnn().executed == Engines(3, engine::good));
}

TEST_CASE("tensor cores round float if the precision allows it", "[cudnn]") {
  const Convolution c(22);
  const SimulatedCudnn cudnn({});
  const ConvolutionPrecision guard(Precision::tf32);
  const auto there = c.passes(gpu()), here = c.passes(cpu());
  check_near(there, here, 2e-3);
  for (std::size_t i = 0; i < here.size(); ++i) CHECK(testing::parity(there[i], here[i]) > 1e-6);
  CHECK(shim::cudnn().executed == Engines(3, engine::tensor_core));
  CHECK(lines_about(22).at(2) == "conv2d forward 2x22x5x3 -> 4, 3x3, tf32: engine 4 (tensor core)");
}

TEST_CASE("bf16 rounds both factors, and the result only if no engine returns float", "[cudnn]") {
  const bool has_float_results = GENERATE(true, false);
  const Convolution c(has_float_results ? 23 : 24);
  const SimulatedCudnn cudnn({.has_float_results_of_bf16 = has_float_results});
  const ConvolutionPrecision guard(Precision::bfloat16);
  const auto there = c.passes(gpu()), here = c.passes(cpu());
  check_near(there, here, 2e-2);
  bool all_narrow = true;
  for (std::size_t i = 0; i < here.size(); ++i) {
    CHECK(testing::parity(there[i], here[i]) > 1e-4);
    for (const float v : there[i].values()) all_narrow &= (std::bit_cast<std::uint32_t>(v) & 0xffff) == 0;
  }
  CHECK(all_narrow != has_float_results);
  CHECK(shim::cudnn().executed == Engines(3, engine::tensor_core));
  CHECK(lines_about(c.sizes.height).size() == 3);
}

TEST_CASE("a convolution with bias, residual or relu is one graph if an engine exists, else separate steps",
          "[cudnn]") {
  const Convolution::Epilogue epilogue = GENERATE(values<Convolution::Epilogue>({{.bias = true},
                                                                                 {.relu = true},
                                                                                 {.bias = true, .relu = true},
                                                                                 {.residual = true},
                                                                                 {.residual = true, .relu = true}}));
  const Precision precision = GENERATE(Precision::float32, Precision::bfloat16);
  CAPTURE(epilogue.bias, epilogue.residual, epilogue.relu);
  const ConvolutionPrecision guard(precision);
  const Convolution c(25), other(26);
  Tensor<float> at_once, separate;
  {
    const SimulatedCudnn cudnn({});
    at_once = c.fused(gpu(), epilogue);
    CHECK(shim::cudnn().executed.size() == 1);
  }
  {
    const SimulatedCudnn cudnn({.fuses = false});
    separate = other.fused(gpu(), epilogue);
    CHECK(shim::cudnn().executed.size() == 1);  // premix's own kernels run the rest
  }
  const double limit = precision == Precision::float32 ? 1e-6 : 2e-2;
  CHECK(testing::parity(at_once, c.fused(cpu(), epilogue)) < limit);
  CHECK(testing::parity(separate, other.fused(cpu(), epilogue)) < limit);
  for (const std::string& line : lines_about(25)) CHECK_THAT(line, contains(" + "));
  for (const std::string& line : lines_about(26)) CHECK_THAT(line, !contains(" + "));
}

TEST_CASE("a graph with residual, bias and relu matches the CPU", "[cudnn]") {
  const Convolution c(27);
  const SimulatedCudnn cudnn({});
  const Convolution::Epilogue all{.bias = true, .residual = true, .relu = true};
  CHECK(testing::parity(c.fused(gpu(), all), c.fused(cpu(), all)) < 1e-6);
  CHECK(lines_about(27).at(0) ==
        "conv2d forward + residual + bias + relu 2x27x5x3 -> 4, 3x3, fp32: engine 7 (winograd)");
}

TEST_CASE("a plan is made once per size, precision and alignment", "[cudnn]") {
  const Convolution c(28);
  const SimulatedCudnn cudnn({});
  const auto first = c.passes(gpu());
  CHECK(shim::cudnn().plans > 0);
  shim::cudnn().plans = 0;
  const auto again = c.passes(gpu());
  CHECK(shim::cudnn().plans == 0);
  for (std::size_t i = 0; i < first.size(); ++i) CHECK(testing::same_bits(first[i], again[i]));
  const ConvolutionPrecision guard(Precision::tf32);
  c.passes(gpu());
  CHECK(shim::cudnn().plans == 3);
}

TEST_CASE("cuDNN accepts tensors with a smaller alignment", "[cudnn]") {
  const Convolution c(29);
  const SimulatedCudnn cudnn({});
  const auto offset = [](const Tensor<float>& t) {  // by one element
    Tensor<float> there({1, 1, 1, t.size() + 1}, gpu());
    copy_bytes(there.mutable_data() + 1, gpu(), t.data(), cpu(), t.bytes());
    return there;
  };
  const auto x = offset(c.x), weight = offset(c.weight);
  Tensor<float> y(c.d_y.shape(), gpu());
  on_device(gpu(), [&](auto tag) {
    conv2d_forward(tag, Conv2dArgs<float>{x.data() + 1, weight.data() + 1, nullptr, y.mutable_data(), c.sizes});
  });
  CHECK(testing::parity(y.to(cpu()), c.passes(cpu())[0]) < 1e-6);
  CHECK(shim::cudnn().executed == Engines{engine::good});
}

TEST_CASE("the fallback is used if the heuristics offer no suitable engine", "[cudnn]") {
  const Convolution c(30);
  const SimulatedCudnn cudnn({.heuristics_offer = false});
  check_near(c.passes(gpu()), c.passes(cpu()), 1e-6);
  CHECK(shim::cudnn().executed == Engines(3, engine::fallback));
}

TEST_CASE("without a cuDNN engine, premix's own kernels run and are reported", "[cudnn]") {
  const Precision precision = GENERATE(Precision::float32, Precision::bfloat16);
  const Convolution c(precision == Precision::float32 ? 31 : 32);
  const ConvolutionPrecision guard(precision);
  const SimulatedCudnn cudnn({.has_engines = false});
  check_near(c.passes(gpu()), c.passes(cpu()), 1e-6);
  const Convolution::Epilogue all{.bias = true, .residual = true, .relu = true};
  CHECK(testing::parity(c.fused(gpu(), all), c.fused(cpu(), all)) < 1e-6);
  CHECK(shim::cudnn().executed.empty());
  const auto lines = lines_about(c.sizes.height);
  REQUIRE(lines.size() == 3);
  for (const std::string& line : lines)
    CHECK_THAT(line, contains("premix's own kernel, because cuDNN has none: no engine fits"));
}

TEST_CASE("cuDNN runs in the current stream", "[cudnn]") {
  const Convolution c(33);
  const SimulatedCudnn cudnn({});
  const CudaStream stream(gpu());
  const StreamGuard guard(stream);
  check_near(c.passes(gpu()), c.passes(cpu()), 1e-6);
  CHECK(shim::cudnn().stream == stream.handle());
}

TEST_CASE("a failing engine is reported with a remedy", "[cudnn]") {
  const Convolution c(34);
  const SimulatedCudnn cudnn({.executes = false});
  const std::string message = message_of(ErrorKind::device, [&] { c.passes(gpu()); });
  CHECK_THAT(message, contains("EXECUTION_FAILED") &&
                          contains("conv2d forward 2x34x5x3 -> 4, 3x3, fp32 (engine 7 (winograd))") &&
                          contains("PREMIX_CUDNN=0"));
}

TEST_CASE("a missing or incomplete cuDNN is reported with a remedy", "[cudnn]") {
  CHECK_THAT(cudnn::load("libno-such-cudnn.so.9").problem,
             contains("cuDNN not found: libno-such-cudnn.so.9: cannot open") && contains("Install cuDNN 9") &&
                 contains("LD_LIBRARY_PATH"));
  CHECK_THAT(cudnn::load("libm.so.6").problem,
             contains("libm.so.6 lacks cudnnGetVersion") && contains("Install cuDNN 9"));
}

TEST_CASE("premix's own kernels handle sizes that cuDNN rejects", "[cudnn]") {
  const SimulatedCudnn cudnn({});
  // Neither padding of a stride-2 convolution makes 3 rows of 4.
  const Conv2dSizes sizes{1, 4, 4, 2, 3, 3, 2, 1, 2};
  const auto x = testing::uniform_image<float>({1, 4, 4, 2}, -1, 1, 1),
             weight = testing::uniform_image<float>({2, 1, 1, 2}, -1, 1, 2);
  const auto there = x.to(gpu()), weight_there = weight.to(gpu());
  Tensor<float> y({1, 3, 3, 2}, gpu());
  on_device(gpu(), [&](auto tag) {
    conv2d_forward(tag, Conv2dArgs<float>{there.data(), weight_there.data(), nullptr, y.mutable_data(), sizes});
  });
  CHECK(shim::cudnn().executed.empty());
  CHECK(y.to(cpu())(0, 2, 2, 0) == 0);  // only padding
}

}  // namespace premix
