#pragma once

#include <string>

#include "premix/core/scalar.hpp"
#include "premix/core/tensor.hpp"
#include "premix/data/pairs.hpp"

namespace premix {

/// What the network and its judges get of one image pair.
struct Sample {
  std::string name;
  Tensor<float> ms;     // (1, H, W, B)
  Tensor<float> pan;    // (1, R*H, R*W, 1)
  Tensor<float> up_ms;  // (1, R*H, R*W, B): ms enlarged to the PAN's size, bicubic
  Tensor<float> truth;  // (1, R*H, R*W, B), or empty where the truth is not known
};

/// The published reduction by a whole ratio: Gaussian blur (3 x 3, sigma 1.5), then bicubic sampling. x (N, H, W, C) ->
/// (N, H/ratio, W/ratio, C). A sensor blurs far more (this keeps about 0.84 at the new Nyquist frequency, a sensor 0.2 to 0.35).
template <Real T>
Tensor<T> degrade(const Tensor<T>& x, int ratio);

/// Reduced resolution (Wald's protocol): MS and PAN degraded, the MS itself is the truth. Throws a data Error that tells what to cut where
/// the rows or columns of the MS are not a multiple of 4 and of the ratio, or fewer than 12: the network takes no others.
Sample reduced_sample(const ImagePair& pair, int ratio);

/// Full resolution: MS and PAN as they are, truth empty. The same for the PAN's rows and columns, without the ratio.
Sample full_sample(const ImagePair& pair);

}  // namespace premix
