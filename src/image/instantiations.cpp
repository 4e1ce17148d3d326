#include "premix/image/blur.hpp"
#include "premix/image/clahe.hpp"

namespace premix {

template Tensor<float> gaussian_blur(const Tensor<float>&);
template Tensor<double> gaussian_blur(const Tensor<double>&);
template Tensor<float> high_pass(const Tensor<float>&);
template Tensor<double> high_pass(const Tensor<double>&);
template Tensor<float> clahe(const Tensor<float>&, const ClaheOptions&);
template Tensor<double> clahe(const Tensor<double>&, const ClaheOptions&);
template ClaheTables clahe_tables(const Tensor<float>&, const ClaheOptions&);
template ClaheTables clahe_tables(const Tensor<double>&, const ClaheOptions&);

}  // namespace premix
