#pragma once

#include "premix/core/memory.hpp"
#include "premix/kernels/conv2d.hpp"
#include "premix/kernels/elementwise.hpp"

// Convolutions fused with element-wise operations. A backend overloads these where it has a fused kernel. The generic
// versions here run the operations one after the other.

namespace premix {

/// y = relu(conv(x) + bias + residual). relu and residual are optional.
template <Real T>
struct FusedConv2dArgs {
  Conv2dArgs<T> conv;
  const T* residual = nullptr;  // like y
  bool relu = false;
};

/// d_x = adjoint(d_y) + residual. d_y counts only where y is positive, for a forward pass with relu.
template <Real T>
struct FusedConv2dBackwardDataArgs {
  Conv2dBackwardDataArgs<T> conv;
  const T* y = nullptr;         // of a forward pass with relu
  const T* residual = nullptr;  // like d_x
};

template <Real T>
struct FusedConv2dBackwardWeightArgs {
  Conv2dBackwardWeightArgs<T> conv;
  const T* y = nullptr;  // of a forward pass with relu
  T* d_bias = nullptr;   // (O)
};

/// y = transposed convolution of x + bias: the adjoint of a convolution from y to x.
template <Real T>
struct ConvTranspose2dArgs {
  Conv2dBackwardDataArgs<T> conv;  // x is its d_y, y its d_x
  const T* bias;                   // (C)
};

namespace detail {

template <class Device>
premix::Device device_of(Device device) {
  if constexpr (std::is_same_v<Device, Cpu>)
    return cpu();
  else
    return cuda(device.index);
}

/// d_y masked by y > 0, or d_y itself if y is null. Computed by the constructor.
template <Real T, class Device>
class MaskedGradient {
 public:
  MaskedGradient(Device device, const T* d_y, const T* y, std::int64_t count) : data_(d_y) {
    if (y == nullptr) return;
    buffer_ = Buffer(static_cast<std::size_t>(count) * sizeof(T), device_of(device));
    relu_backward(device, ReluBackwardArgs<T>{y, d_y, static_cast<T*>(buffer_.data()), count});
    data_ = static_cast<const T*>(buffer_.data());
  }
  const T* data() const { return data_; }

 private:
  Buffer buffer_;
  const T* data_;
};

inline std::int64_t x_count(const Conv2dSizes& s) { return s.images * s.height * s.width * s.channels; }
inline std::int64_t y_count(const Conv2dSizes& s) { return s.images * s.out_height * s.out_width * s.out_channels; }

}  // namespace detail

template <class Device, Real T>
void conv2d_fused_forward(Device device, const FusedConv2dArgs<T>& args) {
  const std::int64_t count = detail::y_count(args.conv.sizes);
  conv2d_forward(device, args.conv);
  if (args.residual != nullptr) add(device, AddArgs<T>{args.conv.y, args.residual, args.conv.y, count});
  if (args.relu) relu_forward(device, ReluArgs<T>{args.conv.y, args.conv.y, count});
}

template <class Device, Real T>
void conv2d_fused_backward_data(Device device, const FusedConv2dBackwardDataArgs<T>& args) {
  const Conv2dSizes& s = args.conv.sizes;
  const detail::MaskedGradient<T, Device> d_y(device, args.conv.d_y, args.y, detail::y_count(s));
  conv2d_backward_data(device, Conv2dBackwardDataArgs<T>{d_y.data(), args.conv.weight, args.conv.d_x, s});
  if (args.residual != nullptr)
    add(device, AddArgs<T>{args.conv.d_x, args.residual, args.conv.d_x, detail::x_count(s)});
}

template <class Device, Real T>
void conv2d_fused_backward_weight(Device device, const FusedConv2dBackwardWeightArgs<T>& args) {
  const Conv2dSizes& s = args.conv.sizes;
  if (args.conv.d_weight != nullptr) {
    const detail::MaskedGradient<T, Device> d_y(device, args.conv.d_y, args.y, detail::y_count(s));
    conv2d_backward_weight(device, Conv2dBackwardWeightArgs<T>{args.conv.x, d_y.data(), args.conv.d_weight, s});
  }
  if (args.d_bias != nullptr)
    bias_backward(device, BiasBackwardArgs<T>{args.conv.d_y, args.d_bias, s.images * s.out_height * s.out_width,
                                              s.out_channels, args.y});
}

template <class Device, Real T>
void conv_transpose2d_forward(Device device, const ConvTranspose2dArgs<T>& args) {
  const Conv2dSizes& s = args.conv.sizes;
  conv2d_backward_data(device, args.conv);
  add_bias(device, AddBiasArgs<T>{args.bias, args.conv.d_x, s.images * s.height * s.width, s.channels});
}

/// CPU, float: fused where the vector kernels apply (src/cpu/dispatch/conv2d_fused.cpp).
void conv2d_fused_forward(Cpu, const FusedConv2dArgs<float>&);
void conv2d_fused_backward_data(Cpu, const FusedConv2dBackwardDataArgs<float>&);
void conv2d_fused_backward_weight(Cpu, const FusedConv2dBackwardWeightArgs<float>&);
void conv_transpose2d_forward(Cpu, const ConvTranspose2dArgs<float>&);

/// GPU, float: fused where cuDNN has an engine (cuda/ops/conv2d_fused.cpp).
void conv2d_fused_forward(Cuda, const FusedConv2dArgs<float>&);

}  // namespace premix
