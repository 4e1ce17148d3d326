#include "premix/metrics/report.hpp"

namespace premix {

template std::vector<Reading> reduced_resolution_metrics(const Tensor<float>&, const Tensor<float>&, double);
template std::vector<Reading> reduced_resolution_metrics(const Tensor<double>&, const Tensor<double>&, double);
template std::vector<Reading> full_resolution_metrics(const Tensor<float>&, const Tensor<float>&, const Tensor<float>&);
template std::vector<Reading> full_resolution_metrics(const Tensor<double>&, const Tensor<double>&,
                                                      const Tensor<double>&);
template std::vector<Reading> pattern_metrics(const Tensor<float>&, const Tensor<float>&);
template std::vector<Reading> pattern_metrics(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
