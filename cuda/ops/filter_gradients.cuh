#pragma once

#include "cuda/ops/filter_strip.cuh"
#include "premix/kernels/predictive_filter.hpp"

namespace premix {

/// Arguments of a launch that computes one kind of gradient for all sources that require it.
template <Real T>
struct GradientArgs {
  FilterGradients<T> sources[2] = {};
  int source_count = 0;
  const T* d_y = nullptr;
  std::int64_t images = 0, height = 0, width = 0, bands = 0;
  int kernel = 0;
  StripLayout layout = {};
};

/// Computes d_filters of the sources.
template <Real T>
void launch_d_filters(Cuda device, GradientArgs<T> args);

/// Computes d_image of the sources.
template <Real T>
void launch_d_image(Cuda device, GradientArgs<T> args);

}  // namespace premix
