#include "premix/metrics/report.hpp"

#include "metrics/arguments.hpp"

namespace premix {

template <Real T>
void detail::check_same_shape(const char* metric, const Tensor<T>& prediction, const Tensor<T>& truth) {
  metrics::check_pair(metric, prediction, truth);
}

template <Real T>
Tensor<T> detail::clipped_to_unit(const Tensor<T>& image) {
  return metrics::clipped(image);
}

template void detail::check_same_shape(const char*, const Tensor<float>&, const Tensor<float>&);
template void detail::check_same_shape(const char*, const Tensor<double>&, const Tensor<double>&);
template Tensor<float> detail::clipped_to_unit(const Tensor<float>&);
template Tensor<double> detail::clipped_to_unit(const Tensor<double>&);

}  // namespace premix
