#include "premix/image/blur.hpp"

#include <cmath>

namespace premix {

template <Real T>
BlurWeights<T> detail::gaussian_weights() {
  const T sigma = T(1.5);
  const T side = std::exp(T(-1) / (T(2) * sigma * sigma));
  const T sum = side + T(1) + side;
  return {side / sum, T(1) / sum};
}

template BlurWeights<float> detail::gaussian_weights();
template BlurWeights<double> detail::gaussian_weights();

}  // namespace premix
