#include "cuda/cudnn/convolutions.hpp"

#include <optional>

#include "cuda/cudnn/context.hpp"
#include "cuda/runtime/scratch.hpp"
#include "premix/kernels/convert.hpp"

namespace premix::cudnn {
namespace {

// A float tensor and its number of elements.
struct Factor {
  const float* data;
  std::int64_t count;
};

// Operand for cuDNN: the factor itself, or a bf16 copy.
class Operand {
 public:
  Operand(Cuda device, const Factor& factor, Precision precision) : data_(factor.data) {
    if (precision != Precision::bfloat16) return;
    narrow_.emplace(device, factor.count);
    convert(device, ConvertArgs<float, bf16_t>{factor.data, narrow_->data(), factor.count});
    data_ = narrow_->data();
  }
  const void* data() const { return data_; }

 private:
  std::optional<Scratch<bf16_t>> narrow_;
  const void* data_;
};

// Returns the largest power of two, up to 16, that divides all addresses. Ignores null pointers.
int alignment_of(std::initializer_list<const void*> pointers) {
  std::uintptr_t bits = 16;
  for (const void* pointer : pointers) bits |= reinterpret_cast<std::uintptr_t>(pointer);
  return static_cast<int>(bits & (~bits + 1));
}

struct Epilogue {
  const float *residual = nullptr, *bias = nullptr;
  bool relu = false;

  bool empty() const { return residual == nullptr && bias == nullptr && !relu; }
};

// The given bias, or zeros if the request needs a bias and none is given.
class Bias {
 public:
  Bias(Cuda device, const Request& request, const float* bias) : data_(bias) {
    if (bias != nullptr || !request.bias) return;
    const std::int64_t count = request.sizes.out_channels;
    zeros_.emplace(device, count);
    zero_bytes(zeros_->data(), cuda(device.index), static_cast<std::size_t>(count) * sizeof(float));
    data_ = zeros_->data();
  }
  const float* data() const { return data_; }

 private:
  std::optional<Scratch<float>> zeros_;
  const float* data_;
};

// Runs one pass on left and right (see Data). Every fused request has a bias, because most engines fuse nothing without
// one. In bf16 few engines return float, so engines with a bf16 result are tried second.
bool convolve(Cuda device, Pass pass, const Conv2dSizes& sizes, const Factor& left, const Factor& right, float* result,
              std::int64_t result_count, const Epilogue& then = {}) {
  Context* const context = context_of(device.index);
  if (context == nullptr) return false;
  Request request{.pass = pass,
                  .sizes = sizes,
                  .precision = current_convolution_precision(),
                  .residual = then.residual != nullptr,
                  .bias = !then.empty(),
                  .relu = then.relu,
                  .alignment = alignment_of({left.data, right.data, result, then.residual, then.bias})};
  const bool may_narrow = request.precision == Precision::bfloat16 && !request.fused();
  for (const bool narrow_result : {false, true}) {
    if (narrow_result && !may_narrow) break;
    request.narrow_result = narrow_result;
    if (!context->has_plan(request)) continue;
    const Operand a(device, left, request.precision), b(device, right, request.precision);
    if (!narrow_result) {
      const Bias bias(device, request, then.bias);
      context->run(device, request, {a.data(), b.data(), result, then.residual, bias.data()});
      return true;
    }
    const Scratch<bf16_t> narrow(device, result_count);
    context->run(device, request, {a.data(), b.data(), narrow.data()});
    convert(device, ConvertArgs<bf16_t, float>{narrow.data(), result, result_count});
    return true;
  }
  return false;
}

std::int64_t weight_count(const Conv2dSizes& s) { return s.out_channels * s.kernel * s.kernel * s.channels; }

bool forward(Cuda device, const Conv2dArgs<float>& args, const Epilogue& then) {
  const Conv2dSizes& s = args.sizes;
  const std::int64_t x_count = detail::x_count(s), y_count = detail::y_count(s);
  return convolve(device, Pass::forward, s, {args.x, x_count}, {args.weight, weight_count(s)}, args.y, y_count, then);
}

}  // namespace

bool conv2d_fused_forward(Cuda device, const FusedConv2dArgs<float>& args) {
  return forward(device, args.conv, {args.residual, args.conv.bias, args.relu});
}

bool conv2d_forward(Cuda device, const Conv2dArgs<float>& args) {
  if (args.bias == nullptr || !forward(device, args, {.bias = args.bias})) {
    if (!forward(device, args, {})) return false;
    const Conv2dSizes& s = args.sizes;
    if (args.bias != nullptr)
      add_bias(device, AddBiasArgs<float>{args.bias, args.y, s.images * s.out_height * s.out_width, s.out_channels});
  }
  return true;
}

bool conv2d_backward_data(Cuda device, const Conv2dBackwardDataArgs<float>& args) {
  const Conv2dSizes& s = args.sizes;
  const std::int64_t x_count = detail::x_count(s), y_count = detail::y_count(s);
  return convolve(device, Pass::backward_data, s, {args.d_y, y_count}, {args.weight, weight_count(s)}, args.d_x,
                  x_count);
}

bool conv2d_backward_weight(Cuda device, const Conv2dBackwardWeightArgs<float>& args) {
  const Conv2dSizes& s = args.sizes;
  const std::int64_t x_count = detail::x_count(s), y_count = detail::y_count(s);
  return convolve(device, Pass::backward_weight, s, {args.x, x_count}, {args.d_y, y_count}, args.d_weight,
                  weight_count(s));
}

}  // namespace premix::cudnn
