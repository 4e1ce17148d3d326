#pragma once

#include "premix/nn/conv2d.hpp"
#include "premix/ops/predictive_filter.hpp"

namespace premix {

struct PredictiveFilterOptions {
  int features = 32;
  int bands = 4;
  int kernel = 3;  // side of the predicted filters and of the convolution
};

/// Predicts a filter for every pixel and band from features and applies it to an image. features (N, H, W, D), image
/// (N, H, W, B) or (N, H, W, 1) -> (N, H, W, B). The filters are not normalised.
template <Real T>
struct PredictiveFilter : MoveOnly {
  using Scalar = T;
  Conv2d<T> conv;  // outputs tap-major: channel (dy K + dx) B + b
  int bands, kernel;

  PredictiveFilter(const PredictiveFilterOptions& options, std::mt19937& generator)
      : conv({.in = options.features, .out = options.bands * options.kernel * options.kernel, .kernel = options.kernel},
             generator),
        bands(options.bands),
        kernel(options.kernel) {}

  Variable<T> operator()(const Variable<T>& features, const Variable<T>& image) const {
    return predictive_filter(conv(features), image, kernel);
  }

  /// Returns the image with its filters, for predictive_filter_sum.
  FilteredImage<T> predicted(const Variable<T>& features, const Variable<T>& image) const {
    return {conv(features), image};
  }

  static void visit(auto& self, auto&& v) {
    const FileOrder band_major{self.bands};
    v("conv.weight", self.conv.weight, band_major);
    v("conv.bias", self.conv.bias, band_major);
  }
};

}  // namespace premix
