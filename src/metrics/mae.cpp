#include "premix/metrics/mae.hpp"

#include <cmath>

#include "metrics/arguments.hpp"

namespace premix {
using namespace metrics;

template <Real T>
double mae(const Tensor<T>& prediction, const Tensor<T>& truth) {
  const auto [p, t] = image_pair("mae", prediction, truth);
  double sum = 0;
  for (std::int64_t i = 0; i < p.size(); ++i)
    sum += std::abs(static_cast<double>(p.data()[i]) - static_cast<double>(t.data()[i]));
  return sum / static_cast<double>(p.size());
}

template double mae(const Tensor<float>&, const Tensor<float>&);
template double mae(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
