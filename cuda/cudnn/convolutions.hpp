#pragma once

#include "premix/kernels/conv2d_fused.hpp"

// Convolutions by cuDNN, in the thread's ConvolutionPrecision.

namespace premix::cudnn {

#if PREMIX_HAS_CUDNN

// Each returns false and computes nothing if cuDNN is not used or has no engine. The first call of a size searches for
// an engine, which takes time and may allocate memory. Call each size once before the capture of a stream.

bool conv2d_forward(Cuda, const Conv2dArgs<float>&);
bool conv2d_fused_forward(Cuda, const FusedConv2dArgs<float>&);  // in one plan
bool conv2d_backward_data(Cuda, const Conv2dBackwardDataArgs<float>&);
bool conv2d_backward_weight(Cuda, const Conv2dBackwardWeightArgs<float>&);

#else

inline bool conv2d_forward(Cuda, const Conv2dArgs<float>&) { return false; }
inline bool conv2d_fused_forward(Cuda, const FusedConv2dArgs<float>&) { return false; }
inline bool conv2d_backward_data(Cuda, const Conv2dBackwardDataArgs<float>&) { return false; }
inline bool conv2d_backward_weight(Cuda, const Conv2dBackwardWeightArgs<float>&) { return false; }

#endif

}  // namespace premix::cudnn
