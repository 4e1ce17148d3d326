#pragma once

#include "premix/image/bicubic.hpp"
#include "premix/image/blur.hpp"
#include "support/golden.hpp"

namespace premix::golden {

/// Checks blur and high-pass on a device against a file op_blur_*.
template <Real T>
void check_blur(File& file, Device device) {
  const Tensor<T> x = file.tensor<T>("in/x").to(device);
  file.check_output("blur", gaussian_blur(x).to(cpu()));
  file.check_output("high_pass", high_pass(x).to(cpu()));
  file.check_output("blur_down", bicubic_downscale(gaussian_blur(x), 4).to(cpu()));
}

inline void check_blur_files(Device device) {
  for_each_file("op_blur_*.safetensors", [&](File& file) {
    check_blur<float>(file, device);
    check_blur<double>(file, device);
    file.check_complete();
  });
}

}  // namespace premix::golden
