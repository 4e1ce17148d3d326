#include "premix/nn/premix.hpp"
#include "premix/nn/sub_model.hpp"

namespace premix {

template struct SubModel<float>;
template struct SubModel<double>;
template void detail::check_premix_inputs(const PreMixConfig&, const Tensor<float>&, const Tensor<float>&);
template void detail::check_premix_inputs(const PreMixConfig&, const Tensor<double>&, const Tensor<double>&);
template BranchImages<float> branch_images(const Tensor<float>&, const Tensor<float>&, NanCheck);
template BranchImages<double> branch_images(const Tensor<double>&, const Tensor<double>&, NanCheck);
template struct PreMix<float>;
template struct PreMix<double>;

}  // namespace premix
