#pragma once

#include <filesystem>
#include <vector>

#include "premix/data/degrade.hpp"

namespace premix::training {

/// Picture of a validation. One row per image: up_ms, prediction, truth and error.
class ValidationPicture {
 public:
  /// rgb: indices of three bands, or of one for grey.
  explicit ValidationPicture(std::vector<int> rgb) : rgb_(std::move(rgb)) {}

  /// Adds a row for the image. Keeps at most 20 rows. Skips images whose width differs from that of the first.
  void add(const Sample& sample, const Tensor<float>& prediction);

  /// Writes a PNG. Writes nothing if no image was added.
  void write(const std::filesystem::path& path) const;

 private:
  std::vector<int> rgb_;
  std::vector<Tensor<float>> rows_;
};

}  // namespace premix::training
