#include <algorithm>

#include "cpu/conv_transpose2d.hpp"
#include "cpu/winograd.hpp"
#include "premix/kernels/conv2d_fused.hpp"

namespace premix {
namespace {

// With fewer results per pixel than register lanes the gain is small. Few input channels are acceptable: fusion
// compensates for them.
bool fits(const Conv2dSizes& s) {
  return s.kernel == 3 && s.stride == 1 && s.out_channels >= 8 && s.height == s.out_height && s.width == s.out_width &&
         on_cpu::winograd_available();
}

// Transformed weight of a convolution from `channels` to `out_channels`, or of its adjoint.
class Transformed {
 public:
  using Transform = void (*)(const float* weight, std::int64_t channels, std::int64_t out_channels, float* transformed);
  Transformed(Transform transform, const float* weight, const Conv2dSizes& s)
      : buffer_(sizeof(float) *
                    static_cast<std::size_t>(std::max(on_cpu::winograd_weight_size(s.channels, s.out_channels),
                                                      on_cpu::winograd_weight_size(s.out_channels, s.channels))),
                cpu()) {
    transform(weight, s.channels, s.out_channels, static_cast<float*>(buffer_.data()));
  }
  const float* data() const { return static_cast<const float*>(buffer_.data()); }

 private:
  Buffer buffer_;
};

on_cpu::WinogradSizes sizes_of(const Conv2dSizes& s) {
  return {s.images, s.height, s.width, s.channels, s.out_channels};
}

}  // namespace

void conv2d_fused_forward(Cpu device, const FusedConv2dArgs<float>& args) {
  const Conv2dSizes& s = args.conv.sizes;
  if (!fits(s)) return conv2d_fused_forward<Cpu, float>(device, args);
  const Transformed weight(on_cpu::winograd_weight, args.conv.weight, s);
  on_cpu::winograd_forward<float, float>({{.sizes = sizes_of(s),
                                           .x = args.conv.x,
                                           .weight = weight.data(),
                                           .bias = args.conv.bias,
                                           .add = {args.residual},
                                           .relu = args.relu,
                                           .y = args.conv.y}});
}

void conv2d_fused_backward_data(Cpu device, const FusedConv2dBackwardDataArgs<float>& args) {
  const Conv2dSizes& s = args.conv.sizes;
  if (!fits(s)) return conv2d_fused_backward_data<Cpu, float>(device, args);
  const Transformed weight(on_cpu::winograd_weight_of_adjoint, args.conv.weight, s);
  on_cpu::winograd_forward<float, float>({{.sizes = {s.images, s.height, s.width, s.out_channels, s.channels},
                                           .x = args.conv.d_y,
                                           .x_mask = args.y,
                                           .weight = weight.data(),
                                           .add = {args.residual},
                                           .y = args.conv.d_x}});
}

void conv2d_fused_backward_weight(Cpu device, const FusedConv2dBackwardWeightArgs<float>& args) {
  const Conv2dSizes& s = args.conv.sizes;
  if (!fits(s)) return conv2d_fused_backward_weight<Cpu, float>(device, args);
  if (args.conv.d_weight != nullptr)
    on_cpu::winograd_weight_gradient({.sizes = sizes_of(s),
                                      .x = args.conv.x,
                                      .d_y = args.conv.d_y,
                                      .d_y_mask = args.y,
                                      .d_weight = args.conv.d_weight});
  if (args.d_bias != nullptr)
    bias_backward(device, BiasBackwardArgs<float>{args.conv.d_y, args.d_bias, s.images * s.height * s.width,
                                                  s.out_channels, args.y});
}

void conv_transpose2d_forward(Cpu device, const ConvTranspose2dArgs<float>& args) {
  const Conv2dSizes& s = args.conv.sizes;
  const std::int64_t in = s.out_channels, out = s.channels;  // x is the result of the convolution
  if (s.kernel != 3 || s.stride != 2 || in % 8 != 0 || out % 8 != 0 || s.height != 2 * s.out_height ||
      s.width != 2 * s.out_width || !on_cpu::winograd_available())
    return conv_transpose2d_forward<Cpu, float>(device, args);
  const Buffer weight(sizeof(float) * static_cast<std::size_t>(9 * in * out), cpu());
  auto* packed = static_cast<float*>(weight.data());
  on_cpu::conv_transpose_weight(args.conv.weight, in, out, packed);
  on_cpu::conv_transpose_forward<float>({.sizes = {s.images, s.out_height, s.out_width, in, out},
                                         .x = args.conv.d_y,
                                         .weight = packed,
                                         .bias = args.bias,
                                         .y = args.conv.d_x});
}

}  // namespace premix
