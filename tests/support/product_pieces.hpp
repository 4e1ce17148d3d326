#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "premix/io/product.hpp"
#include "premix/io/raster.hpp"
#include "support/images.hpp"

/// Products in pieces of a fixed grid, as an engine delivers them.
namespace premix::testing {

/// Returns the pieces, clipped to the product: column strips from left to right, each from top to bottom.
inline std::vector<Window> pieces_of(std::int64_t height, std::int64_t width, const PieceGrid& grid) {
  std::vector<Window> pieces;
  for (std::int64_t left = grid.left; left < width; left += grid.width)
    for (std::int64_t top = grid.top; top < height; top += grid.height) {
      const std::int64_t first_row = std::max<std::int64_t>(top, 0), first_column = std::max<std::int64_t>(left, 0);
      const Window piece = {first_row, first_column, std::min(top + grid.height, height) - first_row,
                            std::min(left + grid.width, width) - first_column};
      if (!piece.empty()) pieces.push_back(piece);
    }
  return pieces;
}

inline RasterInfo product_info(std::int64_t height, std::int64_t width, std::size_t bands,
                               const std::string& data_type = "UInt16") {
  RasterInfo info;
  info.height = height;
  info.width = width;
  info.data_type = data_type;
  info.bands.resize(bands);
  return info;
}

inline std::vector<BandRange> product_ranges(std::size_t bands, double one = 1000) {
  return std::vector<BandRange>(bands, {.zero = 0, .one = one, .lowest = 0, .highest = one});
}

/// Returns values of about -0.05 to 1.05 that differ in every pixel and band.
inline Tensor<float> product_values(std::int64_t height, std::int64_t width, std::int64_t bands) {
  return uniform_image<float>({1, height, width, bands}, -0.05, 1.05, 7);
}

inline void write_piece(ProductWriter& product, const Tensor<float>& values, const Window& piece,
                        const std::uint8_t* valid = nullptr) {
  product.write(piece, crop(values, piece).data(), valid);
}

inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace premix::testing
