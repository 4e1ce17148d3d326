#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Pearson's correlation coefficient of each band; the mean over bands and images. prediction, truth (N, H, W, C). NaN
/// where a band is constant.
template <Real T>
double cc(const Tensor<T>& prediction, const Tensor<T>& truth);

/// What the published code prints as CC: the same for one image. With several it cuts the values of the whole batch,
/// kept image by image and in each band by band, into C equal pieces and correlates these instead of the bands.
template <Real T>
double cc_published(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
