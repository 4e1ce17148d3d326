#pragma once

#include "premix/kernels/conv2d_fused.hpp"

// Convolutions on a GPU by cuDNN, in the thread's ConvolutionPrecision.

namespace premix::cudnn {

#if PREMIX_HAS_CUDNN

// Each returns false, with nothing done, where cuDNN is not used, or has no engine for what is asked. What comes to a
// size for the first time is looked for, which takes time and may ask for memory: before a stream is captured it should
// have come once.

bool conv2d_forward(Cuda, const Conv2dArgs<float>&);
bool conv2d_fused_forward(Cuda, const FusedConv2dArgs<float>&);  // all at once
bool conv2d_backward_data(Cuda, const Conv2dBackwardDataArgs<float>&);
bool conv2d_backward_weight(Cuda, const Conv2dBackwardWeightArgs<float>&);

#else

inline bool conv2d_forward(Cuda, const Conv2dArgs<float>&) { return false; }
inline bool conv2d_fused_forward(Cuda, const FusedConv2dArgs<float>&) { return false; }
inline bool conv2d_backward_data(Cuda, const Conv2dBackwardDataArgs<float>&) { return false; }
inline bool conv2d_backward_weight(Cuda, const Conv2dBackwardWeightArgs<float>&) { return false; }

#endif

}  // namespace premix::cudnn
