#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// Filters and the image they apply to.
template <Real T>
struct FilterSource {
  const T* filters;          // (N, H, W, K*K*B), tap-major
  const T* image;            // (N, H, W, image_bands)
  std::int64_t image_bands;  // B, or 1: one band for all filters
};

/// y[n, y, x, b] = sum over sources, dy and dx of filters[n, y, x, (dy K + dx) B + b] * image[n, y + dy - P, x + dx -
/// P, b], P = (K - 1) / 2. Images are reflected at the border without repeating the edge.
template <Real T>
struct PredictiveFilterArgs {
  FilterSource<T> sources[2] = {};
  int source_count = 0;  // 1 or 2
  T* y = nullptr;        // (N, H, W, B)
  std::int64_t images = 0, height = 0, width = 0, bands = 0;
  int kernel = 0;  // K, odd
};

template <Real T>
struct FilterGradients {
  FilterSource<T> source;
  T* d_filters;  // like filters; null: not computed
  T* d_image;    // like image; null: not computed
};

template <Real T>
struct PredictiveFilterBackwardArgs {
  FilterGradients<T> sources[2] = {};
  int source_count = 0;    // 1 or 2
  const T* d_y = nullptr;  // (N, H, W, B)
  std::int64_t images = 0, height = 0, width = 0, bands = 0;
  int kernel = 0;
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
