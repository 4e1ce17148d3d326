#pragma once

#include <filesystem>
#include <vector>

#include "premix/data/degrade.hpp"

namespace premix::training {

/// The picture of a validation: for each image a row of up_ms, prediction, truth, and the error.
class ValidationPicture {
 public:
  /// rgb: three bands, or one for grey.
  explicit ValidationPicture(std::vector<int> rgb) : rgb_(std::move(rgb)) {}

  /// Takes the first 20 images; those whose rows would be of another length than the first's are left out.
  void add(const Sample& sample, const Tensor<float>& prediction);

  /// As PNG; nothing where no image was added.
  void write(const std::filesystem::path& path) const;

 private:
  std::vector<int> rgb_;
  std::vector<Tensor<float>> rows_;
};

}  // namespace premix::training
