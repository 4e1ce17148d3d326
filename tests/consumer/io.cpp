#include <filesystem>
#include <iostream>

#include "premix/io/mat.hpp"
#include "premix/io/raster.hpp"
#include "premix/premix.hpp"

// Writes an image as a raster and as a MAT-file, reads both back, and prints the number of GPUs.
int main() {
  const auto folder = std::filesystem::temp_directory_path() / "premix-consumer";
  std::filesystem::create_directories(folder);
  const auto image = premix::Tensor<float>::full({1, 3, 5, 2}, 700.0f);

  const std::string raster = folder / "image.tif", mat = folder / "image.mat";
  premix::write_raster(raster, image, {}, {.existing = premix::Existing::replace});
  premix::write_mat(mat, "imgMS", image);
  const auto from_raster = premix::read_raster(raster), from_mat = premix::MatFile(mat).read<float>("imgMS");

  const bool same = from_raster(0, 2, 4, 1) == 700.0f && from_mat(0, 2, 4, 1) == 700.0f;
  std::filesystem::remove_all(folder);
  std::cout << "GPUs: " << premix::cuda_device_count() << ' ' << premix::cuda_problem() << '\n';
  std::cout << (same ? "read back what was written\n" : "read back something else\n");
  return same ? 0 : 1;
}
