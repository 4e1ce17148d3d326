#pragma once

#include "premix/image/clahe.hpp"
#include "support/golden.hpp"

namespace premix::golden {

/// Checks CLAHE on a device against a file op_clahe_*.
template <Real T>
void check_clahe(File& file, Device device) {
  const Tensor<T> x = file.tensor<T>("in/x").to(device);
  file.check("out", "eq", clahe(x).to(cpu()), std::is_same_v<T, double> ? 1e-10 : 1e-6);
  file.check_bytes<T>("luts_bghwc256", clahe_tables(x).levels);
}

inline void check_clahe_files(Device device) {
  for_each_file("op_clahe_*.safetensors", [&](File& file) {
    check_clahe<float>(file, device);
    check_clahe<double>(file, device);
    file.check_complete();
  });
}

}  // namespace premix::golden
