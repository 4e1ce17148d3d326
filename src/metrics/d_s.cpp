#include "premix/metrics/d_s.hpp"

#include <cmath>

#include "metrics/arguments.hpp"
#include "premix/image/bicubic.hpp"
#include "premix/metrics/q_index.hpp"

namespace premix {
using namespace metrics;

template <Real T>
double d_s(const Tensor<T>& fused, const Tensor<T>& ms, const Tensor<T>& pan) {
  const Shape shape = fused.shape();
  PREMIX_CHECK(shape.n == ms.shape().n && shape.c == ms.shape().c, "d_s: fused ", shape, ", ms ", ms.shape(),
               ". Both need the same number of images and of bands.");
  PREMIX_CHECK(pan.shape() == shape.with_channels(1), "d_s: fused ", shape, ", pan ", pan.shape(), ". pan must be ",
               shape.with_channels(1), '.');
  const Tensor<T> small_pan = bicubic_resize_align_corners(pan, ms.shape().h, ms.shape().w).to(cpu());
  const Tensor<T> fused_cpu = fused.to(cpu()), ms_cpu = ms.to(cpu()), pan_cpu = pan.to(cpu());
  return mean_of(for_each_band({1, 1, 1, shape.c}, [&](auto, auto band) {
    return std::abs(q_index<T>({fused_cpu, band}, {pan_cpu, 0}) - q_index<T>({ms_cpu, band}, {small_pan, 0}));
  }));
}

template double d_s(const Tensor<float>&, const Tensor<float>&, const Tensor<float>&);
template double d_s(const Tensor<double>&, const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
