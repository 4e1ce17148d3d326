#include "premix/infer/baselines/brovey.hpp"

namespace premix {

Tensor<float> brovey(const Tensor<float>& up_ms, const Tensor<float>& pan, const std::vector<double>& weights) {
  const Shape shape = up_ms.shape();
  PREMIX_CHECK(pan.shape() == shape.with_channels(1), "brovey: up_ms ", shape, ", pan ", pan.shape(), ". pan must be ",
               shape.with_channels(1), '.');
  PREMIX_CHECK(static_cast<std::int64_t>(weights.size()) == shape.c, "brovey: ", weights.size(), " weights for ",
               shape.c, " bands");
  const auto ms_values = up_ms.values(), pan_values = pan.values();
  Tensor<float> fused(shape);
  float* to = fused.mutable_data();
  for (std::int64_t pixel = 0; pixel < shape.pixels(); ++pixel) {
    const float* bands = ms_values.data() + pixel * shape.c;
    double intensity = 0;
    for (std::int64_t b = 0; b < shape.c; ++b) intensity += weights[static_cast<std::size_t>(b)] * bands[b];
    const double gain = intensity > 0 ? pan_values[pixel] / intensity : 1;
    for (std::int64_t b = 0; b < shape.c; ++b) to[pixel * shape.c + b] = static_cast<float>(gain * bands[b]);
  }
  return fused;
}

}  // namespace premix
