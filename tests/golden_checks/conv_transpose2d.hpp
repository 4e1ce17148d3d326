#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "premix/ops/conv_transpose2d.hpp"
#include "support/golden.hpp"

namespace premix::golden {

// A file holds one transposed convolution, or a chain with the names 0, 1, ...
template <Real T>
void check_conv_transpose2d(File& file, Device device) {
  const auto leaf = [&](const std::string& name) { return Variable<T>(file.tensor<T>(name).to(device), true); };
  std::vector<std::string> prefixes;
  for (const auto& name : file.names("param/"))
    if (name.ends_with("weight")) prefixes.push_back(name.substr(0, name.size() - std::string("weight").size()));
  std::sort(prefixes.begin(), prefixes.end());
  const auto x = leaf("in/x");
  std::vector<Variable<T>> weights, biases;
  Variable<T> y = x;
  for (const auto& prefix : prefixes) {
    weights.push_back(leaf("param/" + prefix + "weight"));
    biases.push_back(leaf("param/" + prefix + "bias"));
    y = conv_transpose2d(y, weights.back(), biases.back());
  }
  y.backward(file.tensor<T>("in/cot.y").to(device));
  file.check_output("y", y.value().to(cpu()));
  file.check_gradient("x", x.grad().to(cpu()));
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    file.check_gradient(prefixes[i] + "weight", weights[i].grad().to(cpu()));
    file.check_gradient(prefixes[i] + "bias", biases[i].grad().to(cpu()));
  }
}

/// Checks conv_transpose2d on a device against the golden files, in both precisions.
inline void check_conv_transpose2d_files(Device device) {
  for_each_file("op_convtranspose2d_*.safetensors", [&](File& file) {
    check_conv_transpose2d<float>(file, device);
    check_conv_transpose2d<double>(file, device);
    file.check_complete();
  });
}

}  // namespace premix::golden
