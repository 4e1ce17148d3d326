#include "premix/infer/network/fuse.hpp"

#include <algorithm>

#include "premix/image/bicubic.hpp"
#include "premix/image/window.hpp"

namespace premix {
namespace {

// What the network wants of a side's length.
constexpr std::int64_t side_multiple = 4, least_side = 12;

std::int64_t network_side(std::int64_t pixels) {
  return std::max(least_side, (pixels + side_multiple - 1) / side_multiple * side_multiple);
}

}  // namespace

Tensor<float> ms_on_pan_grid(const Tensor<float>& ms, const GridMap& map, std::int64_t height, std::int64_t width) {
  return bicubic_sample(ms, height, width, map.rows, map.columns);
}

Tensor<float> fuse(const PreMix<float>& model, const Tensor<float>& up_ms, const Tensor<float>& pan,
                   const Progress& progress, Precision precision) {
  const auto [n, h, w, c] = up_ms.shape();
  PREMIX_CHECK(n == 1 && pan.shape() == up_ms.shape().with_channels(1), "fuse: up_ms ", up_ms.shape(), ", pan ",
               pan.shape(), "; one image and its PAN of the same size are due");
  const std::int64_t height = network_side(h), width = network_side(w);
  PREMIX_CHECK(height < 2 * h && width < 2 * w, "fuse: an image of ", h, " x ", w, " pixels; 7 x 7 is the least");
  const bool padded = height != h || width != w;
  const Device device = parameters(model).front().device();
  const auto prepared = [&](const Tensor<float>& image) {
    return (padded ? pad_by_reflection(image.to(cpu()), height, width) : image).to(device);
  };
  const Tensor<float> fused = PreMixInference(model, precision)(prepared(up_ms), prepared(pan), progress).to(cpu());
  return padded ? crop(fused, {0, 0, h, w}) : fused;
}

}  // namespace premix
