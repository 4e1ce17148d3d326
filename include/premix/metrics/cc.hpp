#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Pearson correlation coefficient per band, averaged over bands and images. prediction, truth (N, H, W, C). NaN for a
/// constant band.
template <Real T>
double cc(const Tensor<T>& prediction, const Tensor<T>& truth);

/// CC of the published code: equals cc() for one image. For several images it cuts the values of the batch, stored
/// image by image and band by band, into C equal pieces, and correlates those instead of bands.
template <Real T>
double cc_published(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
