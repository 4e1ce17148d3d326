#include "premix/metrics/d_lambda.hpp"

#include <cmath>
#include <numeric>

#include "metrics/arguments.hpp"
#include "premix/metrics/q_index.hpp"

namespace premix {
using namespace metrics;

template <Real T>
double d_lambda(const Tensor<T>& fused, const Tensor<T>& ms) {
  const std::int64_t bands = fused.shape().c;
  PREMIX_CHECK(fused.shape().n == ms.shape().n && bands == ms.shape().c && bands >= 2, "d_lambda: fused ",
               fused.shape(), ", ms ", ms.shape(), ". Both need the same number of images and of bands, at least 2.");
  const Tensor<T> fused_cpu = fused.to(cpu()), ms_cpu = ms.to(cpu());
  // Q is symmetric, so each pair of bands is computed once.
  const auto differences = for_each_band({bands, 1, 1, bands}, [&](auto i, auto j) {
    return i < j ? std::abs(q_index<T>({fused_cpu, i}, {fused_cpu, j}) - q_index<T>({ms_cpu, i}, {ms_cpu, j})) : 0.0;
  });
  return 2 * std::accumulate(differences.begin(), differences.end(), 0.0) / static_cast<double>(bands * (bands - 1));
}

template double d_lambda(const Tensor<float>&, const Tensor<float>&);
template double d_lambda(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
