#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/images.hpp"

namespace premix::reference {

/// Equalises one channel of one image step by step: pads the image, equalises each cell, and applies separate rules to
/// the corners, the border strips and the inside.
template <Real T>
class ClaheChannel {
 public:
  ClaheChannel(const Tensor<T>& x, std::int64_t image, std::int64_t channel, std::int64_t grid, double clip_limit)
      : grid_(grid),
        cell_height_(even_cell(x.shape().h)),
        cell_width_(even_cell(x.shape().w)),
        width_(grid * cell_width_) {
    for (std::int64_t row = 0; row < grid_ * cell_height_; ++row)
      for (std::int64_t column = 0; column < width_; ++column)
        padded_.push_back(
            std::clamp(x(image, reflect(row, x.shape().h), reflect(column, x.shape().w), channel), T(0), T(1)));
    for (std::int64_t row = 0; row < grid; ++row)
      for (std::int64_t column = 0; column < grid; ++column) tables_.push_back(table(row, column, clip_limit));
  }

  const std::vector<std::uint8_t>& table(std::int64_t row, std::int64_t column) const {
    return tables_[row * grid_ + column];
  }

  T value(std::int64_t row, std::int64_t column) const {
    const auto level = static_cast<std::size_t>(rounded(padded_[row * width_ + column] * T(255)));
    const auto entry = [&](std::int64_t i, std::int64_t j) { return T(table(i, j)[level]); };
    const auto [i, upper_weight, rows_mix] = between(row, cell_height_);
    const auto [j, left_weight, columns_mix] = between(column, cell_width_);
    const auto mix = [](T first, T second, T weight) { return second + weight * (first - second); };
    if (!rows_mix && !columns_mix) return entry(i, j) / T(255);
    if (!rows_mix) return mix(entry(i, j), entry(i, j + 1), left_weight) / T(255);
    if (!columns_mix) return mix(entry(i, j), entry(i + 1, j), upper_weight) / T(255);
    const T upper = mix(entry(i, j), entry(i, j + 1), left_weight),
            lower = mix(entry(i + 1, j), entry(i + 1, j + 1), left_weight);
    return mix(upper, lower, upper_weight) / T(255);
  }

 private:
  struct Between {
    std::int64_t cell;  // first of two, or the only one
    T weight;           // of the first cell
    bool mix;           // whether there are two cells
  };

  // Volatile, so that the product is rounded to T and not kept in a wider register.
  static T rounded(T product) {
    const volatile T stored = product;
    return stored;
  }

  static std::int64_t reflect(std::int64_t i, std::int64_t size) { return i < size ? i : 2 * size - 2 - i; }

  std::int64_t even_cell(std::int64_t size) const {
    const auto cell = static_cast<std::int64_t>(std::ceil(static_cast<double>(size) / static_cast<double>(grid_)));
    return cell % 2 == 0 ? cell : cell + 1;
  }

  Between between(std::int64_t position, std::int64_t cell_size) const {
    const std::int64_t half = cell_size / 2, strip = position / half;
    if (strip == 0) return {0, T(1), false};
    if (strip == 2 * grid_ - 1) return {grid_ - 1, T(1), false};
    const std::int64_t step = (strip - 1) % 2 * half + position % half;
    return {(strip - 1) / 2, T(cell_size - 1 - step) / T(cell_size - 1), true};
  }

  std::vector<std::uint8_t> table(std::int64_t cell_row, std::int64_t cell_column, double clip_limit) const {
    std::vector<std::int64_t> counts(256, 0);
    for (std::int64_t row = cell_row * cell_height_; row < (cell_row + 1) * cell_height_; ++row)
      for (std::int64_t column = cell_column * cell_width_; column < (cell_column + 1) * cell_width_; ++column)
        ++counts[std::min<std::size_t>(static_cast<std::size_t>(padded_[row * width_ + column] * T(256)), 255)];

    const std::int64_t pixels = cell_height_ * cell_width_;
    const auto limit =
        std::max<std::int64_t>(static_cast<std::int64_t>(clip_limit * static_cast<double>(pixels) / 256), 1);
    std::int64_t kept = 0;
    for (auto& count : counts) kept += count = std::min(count, limit);
    for (auto& count : counts) count += (pixels - kept) / 256;
    for (std::int64_t i = 0; i < (pixels - kept) % 256; ++i) ++counts[i];

    std::vector<std::uint8_t> result;
    const T scale = static_cast<T>(255.0 / static_cast<double>(pixels));
    std::int64_t sum = 0;
    for (const auto count : counts)
      result.push_back(
          static_cast<std::uint8_t>(std::floor(std::min(rounded(static_cast<T>(sum += count) * scale), T(255)))));
    return result;
  }

  std::int64_t grid_, cell_height_, cell_width_, width_;
  std::vector<T> padded_;                          // (grid * cell_height, width)
  std::vector<std::vector<std::uint8_t>> tables_;  // grid * grid of 256
};

}  // namespace premix::reference
