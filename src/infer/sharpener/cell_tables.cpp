#include "infer/sharpener/cell_tables.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/clahe.hpp"
#include "premix/core/parallel.hpp"

namespace premix::infer {
namespace {

constexpr double clip_limit = 40;  // as ClaheOptions, used in training

void count(const Tensor<float>& x, const std::uint8_t* valid, std::int64_t left, std::int64_t right,
           std::int32_t* counts, std::int64_t& pixels) {
  const auto [n, rows, width, channels] = x.shape();
  for (std::int64_t y = 0; y < rows; ++y) {
    const float* line = x.data() + y * width * channels;
    for (std::int64_t column = left; column < right; ++column) {
      if (valid[y * width + column] == 0) continue;
      ++pixels;
      for (std::int64_t c = 0; c < channels; ++c)
        ++counts[c * clahe_levels + kernels::clahe_bin(line[column * channels + c])];
    }
  }
}

void write_tables(const std::vector<std::int32_t>& counts, std::int64_t pixels, std::int64_t channels,
                  std::uint8_t* tables) {
  const auto share = static_cast<std::int64_t>(std::floor(clip_limit * static_cast<double>(pixels) / clahe_levels));
  const auto scale = static_cast<float>(255.0 / static_cast<double>(std::max<std::int64_t>(pixels, 1)));
  for (std::int64_t c = 0; c < channels; ++c) {
    std::uint8_t* table = tables + c * clahe_levels;
    if (pixels > 0)
      kernels::write_clahe_table(counts.data() + c * clahe_levels, std::max<std::int64_t>(share, 1), scale, table);
    else
      for (int i = 0; i < clahe_levels; ++i) table[i] = static_cast<std::uint8_t>(i);
  }
}

bool enough(std::int64_t valid, std::int64_t cell) { return 4 * valid >= cell * cell; }

}  // namespace

CellRow cell_row(const Tensor<float>& x, const std::uint8_t* valid, std::int64_t cell) {
  const auto [n, rows, width, channels] = x.shape();
  const std::int64_t cells = (width + cell - 1) / cell, size = channels * clahe_levels;
  CellRow result{std::vector<std::uint8_t>(static_cast<std::size_t>(cells * size)),
                 std::vector<std::int64_t>(static_cast<std::size_t>(cells))};
  parallel_for(cells, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      std::vector<std::int32_t> counts(static_cast<std::size_t>(size));
      std::int64_t& pixels = result.valid[static_cast<std::size_t>(i)];
      count(x, valid, i * cell, std::min(x.shape().w, (i + 1) * cell), counts.data(), pixels);
      write_tables(counts, pixels, channels, result.tables.data() + i * size);
    }
  });
  return result;
}

PoolBlocks cell_row_blocks(std::int64_t width, std::int64_t channels, std::int64_t cell) {
  const std::int64_t cells = (width + cell - 1) / cell;
  return PoolBlocks(cells * channels * clahe_levels).add(cells * static_cast<std::int64_t>(sizeof(std::int64_t)));
}

std::vector<std::uint8_t> with_borrowed(const CellRow* above, const CellRow& row, const CellRow* below,
                                        std::int64_t cell) {
  std::vector<std::uint8_t> tables = row.tables;
  const auto cells = static_cast<std::int64_t>(row.valid.size());
  const std::size_t size = row.tables.size() / row.valid.size();
  for (std::int64_t i = 0; i < cells; ++i) {
    if (enough(row.valid[static_cast<std::size_t>(i)], cell)) continue;
    std::vector<std::int32_t> sums(size);
    std::int32_t lenders = 0;
    for (const CellRow* lender : {above, &row, below})
      for (std::int64_t j = std::max<std::int64_t>(0, i - 1); lender != nullptr && j <= std::min(cells - 1, i + 1);
           ++j) {
        if (!enough(lender->valid[static_cast<std::size_t>(j)], cell)) continue;
        ++lenders;
        for (std::size_t k = 0; k < size; ++k) sums[k] += lender->tables[static_cast<std::size_t>(j) * size + k];
      }
    for (std::size_t k = 0; lenders > 0 && k < size; ++k)
      tables[static_cast<std::size_t>(i) * size + k] = static_cast<std::uint8_t>(sums[k] / lenders);
  }
  return tables;
}

}  // namespace premix::infer
