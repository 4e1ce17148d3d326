#include "premix/image/bicubic.hpp"
#include "premix/image/blur.hpp"
#include "premix/image/clahe.hpp"

namespace premix {

template Tensor<float> bicubic_sample(const Tensor<float>&, std::int64_t, std::int64_t, AxisMap, AxisMap);
template Tensor<double> bicubic_sample(const Tensor<double>&, std::int64_t, std::int64_t, AxisMap, AxisMap);
template Tensor<float> bicubic_resize(const Tensor<float>&, std::int64_t, std::int64_t);
template Tensor<double> bicubic_resize(const Tensor<double>&, std::int64_t, std::int64_t);
template Tensor<float> bicubic_downscale(const Tensor<float>&, double);
template Tensor<double> bicubic_downscale(const Tensor<double>&, double);
template Tensor<float> bicubic_resize_align_corners(const Tensor<float>&, std::int64_t, std::int64_t);
template Tensor<double> bicubic_resize_align_corners(const Tensor<double>&, std::int64_t, std::int64_t);
template Tensor<float> gaussian_blur(const Tensor<float>&);
template Tensor<double> gaussian_blur(const Tensor<double>&);
template Tensor<float> high_pass(const Tensor<float>&);
template Tensor<double> high_pass(const Tensor<double>&);
template Tensor<float> clahe(const Tensor<float>&, const ClaheOptions&);
template Tensor<double> clahe(const Tensor<double>&, const ClaheOptions&);
template ClaheTables clahe_tables(const Tensor<float>&, const ClaheOptions&);
template ClaheTables clahe_tables(const Tensor<double>&, const ClaheOptions&);

}  // namespace premix
