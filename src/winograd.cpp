#include "cpu/winograd.hpp"

#include "cpu/isa.hpp"
#include "cpu/winograd_transforms.hpp"

// What of Winograd's convolution is the same for every instruction set: the transform of weights, and the choice of the set.

namespace premix::on_cpu {
namespace {

std::int64_t padded(std::int64_t channels) { return (channels + 7) / 8 * 8; }

// G g G^T of one 3 x 3 kernel, tap (a, b) at g[a][b]; point (i, j) goes to u[(i * 6 + j) * step].
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

// tap(out, a, b, in): the weight's element.
template <class Tap>
void transform_all(std::int64_t channels, std::int64_t out_channels, float* transformed, const Tap& tap) {
  const std::int64_t columns = padded(out_channels);
  for (std::int64_t i = 0; i < channels; ++i)
    for (std::int64_t o = 0; o < columns; ++o) {
      double g[3][3] = {};
      for (int a = 0; a < 3 && o < out_channels; ++a)
        for (int b = 0; b < 3; ++b) g[a][b] = tap(o, a, b, i);
      transform(g, transformed + i * columns + o, channels * columns);
    }
}

}  // namespace

std::int64_t winograd_weight_size(std::int64_t channels, std::int64_t out_channels) {
  return winograd_points * channels * padded(out_channels);
}

void winograd_weight(const float* weight, std::int64_t channels, std::int64_t out_channels, float* transformed) {
  transform_all(channels, out_channels, transformed,
                [&](std::int64_t o, int a, int b, std::int64_t i) { return weight[((o * 3 + a) * 3 + b) * channels + i]; });
}

void winograd_weight_of_adjoint(const float* weight, std::int64_t channels, std::int64_t out_channels, float* transformed) {
  transform_all(out_channels, channels, transformed,
                [&](std::int64_t i, int a, int b, std::int64_t o) { return weight[((o * 3 + 2 - a) * 3 + 2 - b) * channels + i]; });
}

#if defined(__x86_64__)

namespace v3 {
void winograd_forward(const WinogradArgs&);
void winograd_weight_gradient(const WinogradWeightGradientArgs&);
}  // namespace v3
namespace v4 {
void winograd_forward(const WinogradArgs&);
void winograd_weight_gradient(const WinogradWeightGradientArgs&);
}  // namespace v4

bool winograd_available() { return isa() == Isa::v3 || isa() == Isa::v4; }
void winograd_forward(const WinogradArgs& args) { return isa() == Isa::v4 ? v4::winograd_forward(args) : v3::winograd_forward(args); }
void winograd_weight_gradient(const WinogradWeightGradientArgs& args) {
  return isa() == Isa::v4 ? v4::winograd_weight_gradient(args) : v3::winograd_weight_gradient(args);
}

#else

bool winograd_available() { return false; }
void winograd_forward(const WinogradArgs&) {}
void winograd_weight_gradient(const WinogradWeightGradientArgs&) {}

#endif

}  // namespace premix::on_cpu
