#include "cpu/winograd.hpp"

#include <vector>

#include "cpu/conv_transpose2d.hpp"
#include "cpu/isa.hpp"
#include "cpu/winograd_transforms.hpp"
#include "premix/kernels/convert.hpp"

// Parts of the Winograd convolution common to all instruction sets: the weight transform and the dispatch.

namespace premix::on_cpu {
namespace {

// Computes G g G^T of one 3 x 3 kernel. Tap (a, b) is g[a][b]; point (i, j) goes to u[(i * 6 + j) * step].
void transform(const double (&g)[3][3], float* u, std::int64_t step) {
  double half[winograd_in][3];
  for (int i = 0; i < winograd_in; ++i)
    for (int b = 0; b < 3; ++b) {
      half[i][b] = 0;
      for (int a = 0; a < 3; ++a) half[i][b] += winograd_g[i][a] * g[a][b];
    }
  for (int i = 0; i < winograd_in; ++i)
    for (int j = 0; j < winograd_in; ++j) {
      double sum = 0;
      for (int b = 0; b < 3; ++b) sum += half[i][b] * winograd_g[j][b];
      u[(i * winograd_in + j) * step] = static_cast<float>(sum);
    }
}

// Transforms a weight to (36, C, O padded). tap(out, a, b, in) returns an element of the weight.
template <class Tap>
void transform_all(std::int64_t channels, std::int64_t out_channels, float* transformed, const Tap& tap) {
  const std::int64_t columns = winograd_padded(out_channels);
  for (std::int64_t i = 0; i < channels; ++i)
    for (std::int64_t o = 0; o < columns; ++o) {
      double g[3][3] = {};
      for (int a = 0; a < 3 && o < out_channels; ++a)
        for (int b = 0; b < 3; ++b) g[a][b] = tap(o, a, b, i);
      transform(g, transformed + i * columns + o, channels * columns);
    }
}

}  // namespace

// bf16 stores channels in pairs, so an odd number of channels is rounded up.
std::int64_t winograd_weight_size(std::int64_t channels, std::int64_t out_channels) {
  return winograd_points * (channels + channels % 2) * winograd_padded(out_channels);
}

void winograd_weight(const float* weight, std::int64_t channels, std::int64_t out_channels, float* transformed) {
  transform_all(channels, out_channels, transformed, [&](std::int64_t o, int a, int b, std::int64_t i) {
    return weight[((o * 3 + a) * 3 + b) * channels + i];
  });
}

// (36, C / 2, O padded, 2)
void winograd_weight(const float* weight, std::int64_t channels, std::int64_t out_channels, bf16_t* transformed) {
  const std::int64_t columns = winograd_padded(out_channels), even = channels + channels % 2;
  std::vector<float> wide(static_cast<std::size_t>(winograd_weight_size(channels, out_channels)));
  winograd_weight(weight, channels, out_channels, wide.data());
  for (std::int64_t p = 0; p < winograd_points; ++p)
    for (std::int64_t c = 0; c < even; ++c)
      for (std::int64_t o = 0; o < columns; ++o)
        transformed[((p * even + c - c % 2) * columns) + 2 * o + c % 2] =
            narrowed<bf16_t>(c < channels ? wide[static_cast<std::size_t>((p * channels + c) * columns + o)] : 0.0f);
}

void winograd_weight_of_adjoint(const float* weight, std::int64_t channels, std::int64_t out_channels,
                                float* transformed) {
  transform_all(out_channels, channels, transformed, [&](std::int64_t i, int a, int b, std::int64_t o) {
    return weight[((o * 3 + 2 - a) * 3 + 2 - b) * channels + i];
  });
}

void conv_transpose_weight(const float* weight, std::int64_t channels, std::int64_t out_channels, float* packed) {
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t tap = 0; tap < 9; ++tap)
      for (std::int64_t o = 0; o < out_channels; ++o)
        packed[(tap * channels + c) * out_channels + o] = weight[(c * 9 + tap) * out_channels + o];
}

void conv_transpose_weight(const float* weight, std::int64_t channels, std::int64_t out_channels, bf16_t* packed) {
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t tap = 0; tap < 9; ++tap)
      for (std::int64_t o = 0; o < out_channels; ++o)
        packed[(tap * channels + c - c % 2) * out_channels + 2 * o + c % 2] =
            narrowed<bf16_t>(weight[(c * 9 + tap) * out_channels + o]);
}

#if defined(__x86_64__)

#define PREMIX_WINOGRAD_SET(set)                                           \
  namespace set {                                                          \
  template <class In, class Out>                                           \
  void winograd_forward(std::initializer_list<WinogradArgs<In, Out>> all); \
  template <class In>                                                      \
  void winograd_mix(const WinogradMixArgs<In>& args);                      \
  template <class In>                                                      \
  void winograd_filter(const WinogradFilterArgs<In>& args);                \
  template <class T>                                                       \
  void conv_transpose_forward(const ConvTransposeArgs<T>& args);           \
  void winograd_weight_gradient(const WinogradWeightGradientArgs& args);   \
  }

PREMIX_WINOGRAD_SET(v3)
PREMIX_WINOGRAD_SET(v4)
PREMIX_WINOGRAD_SET(bf16)

bool winograd_available() { return isa() == Isa::v3 || isa() == Isa::v4; }
bool winograd_bf16_available() { return isa() == Isa::v4 && __builtin_cpu_supports("avx512bf16"); }

template <class In, class Out>
void winograd_forward(std::initializer_list<WinogradArgs<In, Out>> all) {
  if constexpr (!std::same_as<Out, float>)
    bf16::winograd_forward(all);
  else
    isa() == Isa::v4 ? v4::winograd_forward(all) : v3::winograd_forward(all);
}

template <class In>
void winograd_mix(const WinogradMixArgs<In>& args) {
  if constexpr (!std::same_as<In, float>)
    bf16::winograd_mix(args);
  else
    isa() == Isa::v4 ? v4::winograd_mix(args) : v3::winograd_mix(args);
}

template <class In>
void winograd_filter(const WinogradFilterArgs<In>& args) {
  if constexpr (!std::same_as<In, float>)
    bf16::winograd_filter(args);
  else
    isa() == Isa::v4 ? v4::winograd_filter(args) : v3::winograd_filter(args);
}

template <class T>
void conv_transpose_forward(const ConvTransposeArgs<T>& args) {
  if constexpr (!std::same_as<T, float>)
    bf16::conv_transpose_forward(args);
  else
    isa() == Isa::v4 ? v4::conv_transpose_forward(args) : v3::conv_transpose_forward(args);
}

void winograd_weight_gradient(const WinogradWeightGradientArgs& args) {
  isa() == Isa::v4 ? v4::winograd_weight_gradient(args) : v3::winograd_weight_gradient(args);
}

#else

bool winograd_available() { return false; }
bool winograd_bf16_available() { return false; }
template <class In, class Out>
void winograd_forward(std::initializer_list<WinogradArgs<In, Out>>) {}
template <class In>
void winograd_mix(const WinogradMixArgs<In>&) {}
template <class In>
void winograd_filter(const WinogradFilterArgs<In>&) {}
template <class T>
void conv_transpose_forward(const ConvTransposeArgs<T>&) {}
void winograd_weight_gradient(const WinogradWeightGradientArgs&) {}

#endif

template void winograd_forward(std::initializer_list<WinogradArgs<float, float>>);
template void winograd_forward(std::initializer_list<WinogradArgs<float, bf16_t>>);
template void winograd_forward(std::initializer_list<WinogradArgs<bf16_t, bf16_t>>);
template void winograd_mix(const WinogradMixArgs<float>&);
template void winograd_mix(const WinogradMixArgs<bf16_t>&);
template void winograd_filter(const WinogradFilterArgs<float>&);
template void winograd_filter(const WinogradFilterArgs<bf16_t>&);
template void conv_transpose_forward(const ConvTransposeArgs<float>&);
template void conv_transpose_forward(const ConvTransposeArgs<bf16_t>&);

}  // namespace premix::on_cpu
