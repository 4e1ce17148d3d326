#pragma once

#include "premix/ops/predictive_filter.hpp"
#include "support/golden.hpp"

namespace premix::golden {

/// Checks predictive filtering on a device against a file pf_filters_*.
template <Real T>
void check_predictive_filter(File& file, Device device) {
  const int kernel = file.config().at("K");
  const std::int64_t taps = std::int64_t{kernel} * kernel;
  const Variable<T> filters(tap_major(file.tensor<T>("in/filters"), taps).to(device), true),
      image(file.tensor<T>("in/image").to(device), true);
  const auto y = premix::predictive_filter(filters, image, kernel);
  y.backward(file.tensor<T>("in/cot.y").to(device));
  file.check_output("y", y.value().to(cpu()));
  file.check_gradient("filters", band_major(filters.grad().to(cpu()), taps));
  file.check_gradient("image", image.grad().to(cpu()));
}

}  // namespace premix::golden
