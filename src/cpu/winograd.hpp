#pragma once

#include <cstdint>
#include <initializer_list>

#include "premix/core/scalar.hpp"
#include "premix/kernels/ewfm.hpp"

// 3 x 3 convolutions with stride 1 and zero padding 1 by Winograd's algorithm F(4 x 4, 3 x 3). A tile of 4 x 4 results
// takes 36 products per pair of channels instead of 144. Lavin and Gray, Fast algorithms for convolutional neural
// networks, 2016. With the points of winograd_transforms.hpp the error equals that of the direct sum.
//
// In: storage type of x, float or bf16_t. With bf16_t the products are of bf16 numbers, summed in float. Out: storage
// type of y.

namespace premix::on_cpu {

/// Rows of a map (N, H, W, C). data points to row `first` of the first image. If first is not 0, there is only one
/// image.
template <class T>
struct RowsOf {
  T* data = nullptr;
  std::int64_t first = 0;

  RowsOf() = default;
  RowsOf(T* all) : data(all) {}
  RowsOf(T* from, std::int64_t row) : data(from), first(row) {}
  template <class U>
  requires std::same_as<const U, T> RowsOf(RowsOf<U> other) : data(other.data), first(other.first) {}
  explicit operator bool() const { return data != nullptr; }
};

struct WinogradSizes {
  std::int64_t images, height, width, channels, out_channels;
};

/// Rows begin .. end - 1 of the result. begin is a multiple of 4; end is a multiple of 4 or the height.
struct RowRange {
  std::int64_t begin = 0, end = -1;  // -1: the height
};

/// y = relu(conv(x + x_add) + bias + add[0] + add[1]).
template <class In = float, class Out = float>
struct WinogradArgs {
  WinogradSizes sizes;
  RowRange rows = {};
  RowsOf<const In> x, x_add = {};  // (N, H, W, C) each
  RowsOf<const In> x_mask = {};    // like x; x counts only where x_mask is positive
  const In* weight;                // (36, C, O padded), from winograd_weight
  const float* bias = nullptr;     // (O)
  RowsOf<const Out> add[2] = {};   // (N, H, W, O) each
  bool relu = false;
  RowsOf<Out> y;  // (N, H, W, O)
};

/// Mixes both streams, in place, by the mask of the logits conv(x) + ms + pan: premix/kernels/ewfm.hpp.
template <class In = float>
struct WinogradMixArgs {
  WinogradSizes sizes;
  RowRange rows = {};
  RowsOf<const In> x;  // (1, H, W, C)
  const In* weight;
  RowsOf<In> ms, pan;                          // (1, H, W, O)
  RowsOf<const In> add_ms = {}, add_pan = {};  // like ms and pan; added after the mixing
  Activation activation;
  MaskKind kind;
  float beta = 0;  // threshold of hard masks, parameter of trainable ones
};

/// One of the two images filtered by a sub-model. Its filters are conv(features) + bias.
template <class In = float>
struct WinogradFilterSource {
  RowsOf<const In> features;  // (1, H, W, C)
  const In* weight;
  const float* bias;          // (9 B)
  RowsOf<const float> image;  // (H + 2, W + 2, B) or (H + 2, W + 2, 1), with a reflected border
};

/// y = sum of both images, filtered by predicted 3 x 3 filters that are not stored.
template <class In = float>
struct WinogradFilterArgs {
  WinogradSizes sizes;  // out_channels: 9 B
  RowRange rows = {};
  WinogradFilterSource<In> ms, pan;  // ms: image of B bands; pan: one band, shared by all B
  RowsOf<float> y;                   // (H + 2, W + 2, B); the border is not written
};

/// d_weight of y = conv(x), from d_y (N, H, W, O). d_y counts only where d_y_mask is positive.
struct WinogradWeightGradientArgs {
  WinogradSizes sizes;
  const float *x, *d_y;
  const float* d_y_mask = nullptr;
  float* d_weight;  // (O, 3, 3, C)
};

/// Returns whether this processor supports the kernels: vector registers, and for bf16 the instructions.
bool winograd_available();
bool winograd_bf16_available();

/// Returns the channels of a transformed weight, padded.
constexpr std::int64_t winograd_padded(std::int64_t channels) { return (channels + 7) / 8 * 8; }

/// Returns the size in numbers of a transformed weight from `channels` to `out_channels`.
std::int64_t winograd_weight_size(std::int64_t channels, std::int64_t out_channels);

/// Transforms weight (O, 3, 3, C).
void winograd_weight(const float* weight, std::int64_t channels, std::int64_t out_channels, float* transformed);
void winograd_weight(const float* weight, std::int64_t channels, std::int64_t out_channels, bf16_t* transformed);

/// Transforms the weight for the adjoint, the convolution from O to C channels from d_y to d_x.
void winograd_weight_of_adjoint(const float* weight, std::int64_t channels, std::int64_t out_channels,
                                float* transformed);

/// Runs one or several convolutions of equal sizes, with their work distributed together. Instantiated for (float,
/// float), (float, bf16_t) and (bf16_t, bf16_t).
template <class In, class Out>
void winograd_forward(std::initializer_list<WinogradArgs<In, Out>> all);
template <class In>
void winograd_mix(const WinogradMixArgs<In>& args);
template <class In>
void winograd_filter(const WinogradFilterArgs<In>& args);
void winograd_weight_gradient(const WinogradWeightGradientArgs& args);

}  // namespace premix::on_cpu
