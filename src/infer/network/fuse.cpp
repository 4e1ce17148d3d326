#include "premix/infer/network/fuse.hpp"

#include "infer/network/network_side.hpp"
#include "premix/image/window.hpp"

namespace premix {

Tensor<float> fuse(const PreMix<float>& model, const Tensor<float>& up_ms, const Tensor<float>& pan,
                   const FuseOptions& options) {
  const auto [n, h, w, c] = up_ms.shape();
  PREMIX_CHECK(n == 1 && pan.shape() == up_ms.shape().with_channels(1), "fuse: up_ms ", up_ms.shape(), ", pan ",
               pan.shape(), ". Use one image and its PAN of the same size.");
  const std::int64_t height = infer::network_side(h), width = infer::network_side(w);
  PREMIX_CHECK(height < 2 * h && width < 2 * w, "fuse: image of ", h, " x ", w, " pixels. The minimum is 7 x 7.");
  const bool padded = height != h || width != w;
  const Device device = parameters(model).front().device();
  const auto prepared = [&](const Tensor<float>& image) {
    return (padded ? pad_by_reflection(image.to(cpu()), height, width) : image).to(device);
  };
  const Tensor<float> fused =
      PreMixInference(model, options.precision)(prepared(up_ms), prepared(pan), options.progress).to(cpu());
  return padded ? crop(fused, {0, 0, h, w}) : fused;
}

}  // namespace premix
