#include "premix/kernels/conv2d_fused.hpp"

#include "cuda/cudnn/convolutions.hpp"

namespace premix {

void conv2d_fused_forward(Cuda device, const FusedConv2dArgs<float>& args) {
  if (!cudnn::conv2d_fused_forward(device, args)) conv2d_fused_forward<Cuda, float>(device, args);
}

}  // namespace premix
