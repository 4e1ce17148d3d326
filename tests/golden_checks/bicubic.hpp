#pragma once

#include <vector>

#include "premix/image/bicubic.hpp"
#include "support/golden.hpp"

namespace premix::golden {

/// Checks bicubic resizing on a device against a file op_resize_bicubic_*.
template <Real T>
void check_bicubic(File& file, Device device) {
  const Tensor<T> x = file.tensor<T>("in/x").to(device);
  const auto [n, h, w, c] = x.shape();
  const auto to = file.config().at("to").get<std::vector<std::int64_t>>();
  file.check_output("sf0.25", bicubic_downscale(x, 4).to(cpu()));
  file.check_output("sf0.25_recompute", bicubic_resize(x, h / 4, w / 4).to(cpu()));
  file.check_output("size", bicubic_resize(x, to[0], to[1]).to(cpu()));
  file.check_output("size_align_corners", bicubic_resize_align_corners(x, to[0], to[1]).to(cpu()));
  file.check_output("up4", bicubic_resize(x, 4 * h, 4 * w).to(cpu()));
}

inline void check_bicubic_files(Device device) {
  for_each_file("op_resize_bicubic_*.safetensors", [&](File& file) {
    check_bicubic<float>(file, device);
    check_bicubic<double>(file, device);
    file.check_complete();
  });
}

}  // namespace premix::golden
