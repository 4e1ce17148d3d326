#pragma once

#include "cuda/ops/filter_strip.cuh"
#include "premix/kernels/predictive_filter.hpp"

namespace premix {

/// One launch makes one kind of gradient for all sources that want it.
template <Real T>
struct GradientArgs {
  FilterGradients<T> sources[2] = {};
  int source_count = 0;
  const T* d_y = nullptr;
  std::int64_t images = 0, height = 0, width = 0, bands = 0;
  int kernel = 0;
  StripLayout layout = {};
};

/// The gradients of the filters, where GradientArgs says d_filters.
template <Real T>
void launch_d_filters(Cuda device, GradientArgs<T> args);

/// The gradients of the images, where GradientArgs says d_image.
template <Real T>
void launch_d_image(Cuda device, GradientArgs<T> args);

}  // namespace premix
