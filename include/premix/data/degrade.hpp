#pragma once

#include <string>

#include "premix/core/scalar.hpp"
#include "premix/core/tensor.hpp"
#include "premix/data/pairs.hpp"
#include "premix/image/mtf.hpp"

namespace premix {

/// Input of the network and of the metrics, from one image pair.
struct Sample {
  std::string name;
  Tensor<float> ms;     // (1, H, W, B)
  Tensor<float> pan;    // (1, R*H, R*W, 1)
  Tensor<float> up_ms;  // (1, R*H, R*W, B): ms enlarged to the PAN's size, bicubic
  Tensor<float> truth;  // (1, R*H, R*W, B), or empty if unknown
};

/// Reduces an image by an integer ratio, as published: Gaussian blur (3 x 3, sigma 1.5), then bicubic sampling. x (N,
/// H, W, C) -> (N, H/ratio, W/ratio, C). It keeps about 0.84 of the contrast at the new Nyquist frequency; a sensor
/// keeps 0.2 to 0.35.
template <Real T>
Tensor<T> degrade(const Tensor<T>& x, int ratio);

/// How images are reduced: as published (degrade()), or as an instrument sees them (reduced_by_mtf()).
enum class Degradation { published, mtf };

/// Options of Wald's protocol.
struct ReduceOptions {
  Degradation degradation = Degradation::published;
  int ratio = 0;                          // of the MS; 0: the ratio of the data. PAN: always the ratio of the data.
  double ms_gain = 0.3, pan_gain = 0.15;  // of mtf, at the new Nyquist frequency

  /// Returns the reduction of MS for data of this ratio.
  int ms_ratio(int data_ratio) const { return ratio > 0 ? ratio : data_ratio; }
};

/// Reduced resolution has a truth, for training and comparison. Full resolution uses the images as they are.
enum class Protocol { reduced, full };

/// Reduced resolution (Wald's protocol): reduced MS and PAN, with the original MS as truth. ratio: that of the pair.
Sample reduced_sample(const ImagePair& pair, int ratio, const ReduceOptions& options = {});

/// Full resolution: original MS and PAN, without truth.
Sample full_sample(const ImagePair& pair);

/// Throws a data Error, which says what to crop, if the network does not support the sample: the PAN has fewer than 12
/// rows or columns, or not a multiple of 4, or the ratio does not divide an MS to be reduced. ratio: of the MS.
void check_network_takes(const ImagePair& pair, int ratio, Protocol protocol);

}  // namespace premix
