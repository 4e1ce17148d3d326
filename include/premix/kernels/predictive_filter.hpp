#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// y[n, y, x, b] = sum over dy, dx of filters[n, y, x, (dy K + dx) B + b] * image[n, y + dy - P, x + dx - P, b], P = (K - 1) / 2,
/// the image reflected at its border without repeating the edge.
template <Real T>
struct PredictiveFilterArgs {
  const T* filters;  // (N, H, W, K*K*B), tap-major
  const T* image;    // (N, H, W, image_bands); image_bands is B, or 1: one band filtered for all
  T* y;              // (N, H, W, B)
  std::int64_t images, height, width, bands, image_bands;
  int kernel;  // K, odd
};

template <Real T>
struct PredictiveFilterBackwardArgs {
  const T* filters;  // (N, H, W, K*K*B), tap-major
  const T* image;    // (N, H, W, image_bands)
  const T* d_y;      // (N, H, W, B)
  T* d_filters;      // like filters, or null: not wanted
  T* d_image;        // like image, or null: not wanted
  std::int64_t images, height, width, bands, image_bands;
  int kernel;
};

template <Real T>
void predictive_filter_forward(Cpu, const PredictiveFilterArgs<T>&);
template <Real T>
void predictive_filter_forward(Cuda, const PredictiveFilterArgs<T>&);
template <Real T>
void predictive_filter_backward(Cpu, const PredictiveFilterBackwardArgs<T>&);
template <Real T>
void predictive_filter_backward(Cuda, const PredictiveFilterBackwardArgs<T>&);

}  // namespace premix
