#pragma once

#include <cmath>
#include <string>

#include "premix/ops/resize_nearest.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

namespace premix::golden {

// Results are named sf and the factor, or to_ and the size. The size is taken from the golden tensor.
template <Real T>
Variable<T> resized_as(const std::string& name, const Variable<T>& x, Shape expected) {
  if (name.starts_with("sf")) return nearest_downscale(x, std::llround(1 / std::stod(name.substr(2))));
  REQUIRE(name.starts_with("to_"));
  return nearest_resize(x, expected.h, expected.w);
}

template <Real T>
void check_resize_nearest(File& file, Device device) {
  const Variable<T> x(file.tensor<T>("in/x").to(device), true);
  for (const auto& name : file.names("out.f64/")) {
    const auto y = resized_as(name, x, file.tensor<T>("out.f64/" + name).shape());
    y.backward(file.tensor<T>("in/cot." + name).to(device));
    file.check("out", name, y.value().to(cpu()), 0);
  }
  file.check_gradient("x", x.grad().to(cpu()));
}

/// Checks nearest_resize and nearest_downscale on a device against the golden files, in both precisions.
inline void check_resize_nearest_files(Device device) {
  for_each_file("op_resize_nearest_*.safetensors", [&](File& file) {
    check_resize_nearest<float>(file, device);
    check_resize_nearest<double>(file, device);
    file.check_complete();
  });
}

}  // namespace premix::golden
