#pragma once

#include "premix/ops/conv2d.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

namespace premix::golden {

template <Real T>
void check_conv2d(File& file, Device device) {
  const auto leaf = [&](const char* name) { return Variable<T>(file.tensor<T>(name).to(device), true); };
  const auto x = leaf("in/x"), weight = leaf("param/weight");
  const bool has_bias = file.config().at("bias");
  const auto bias = has_bias ? leaf("param/bias") : Variable<T>();
  REQUIRE(weight.shape().h == file.config().at("k"));
  const auto y = conv2d(x, weight, bias);
  y.backward(file.tensor<T>("in/cot.y").to(device));
  file.check_output("y", y.value().to(cpu()));
  file.check_gradient("x", x.grad().to(cpu()));
  file.check_gradient("weight", weight.grad().to(cpu()));
  if (has_bias) file.check_gradient("bias", bias.grad().to(cpu()));
}

/// Checks conv2d on a device against the golden files, in both precisions.
inline void check_conv2d_files(Device device) {
  for_each_file("op_conv2d_*.safetensors", [&](File& file) {
    check_conv2d<float>(file, device);
    check_conv2d<double>(file, device);
    file.check_complete();
  });
}

}  // namespace premix::golden
