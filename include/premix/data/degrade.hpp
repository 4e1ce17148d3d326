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
/// (N, H/ratio, W/ratio, C). A sensor blurs far more (this keeps about 0.84 at the new Nyquist frequency, a sensor 0.2
/// to 0.35).
template <Real T>
Tensor<T> degrade(const Tensor<T>& x, int ratio);

/// Reduced resolution has a truth to train on and to compare with; full resolution is the images as they are.
enum class Protocol { reduced, full };

/// Reduced resolution (Wald's protocol): MS and PAN degraded, and the MS itself as truth.
Sample reduced_sample(const ImagePair& pair, int ratio);

/// Full resolution: MS and PAN as they are, truth empty.
Sample full_sample(const ImagePair& pair);

/// Throws a data Error, which tells what to cut, where the network can't take the pair's sample: its PAN has fewer than
/// 12 rows or columns, or not a multiple of 4, or the ratio does not divide those of an MS that is to be degraded.
void check_network_takes(const ImagePair& pair, int ratio, Protocol protocol);

}  // namespace premix
