#include "kernels/clahe.hpp"

#include "cpu/isa.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Adds pixels to the histograms counts (C, 256). Returns whether a pixel is NaN. bins is scratch, one number per value.
template <Real T>
bool count_pixels(const T* pixels, std::int64_t count, std::int64_t channels, std::int32_t* __restrict bins,
                  std::int32_t* counts) {
  std::int32_t nan = 0;
  for (std::int64_t i = 0; i < count * channels; ++i) {
    nan |= pixels[i] != pixels[i];
    bins[i] = kernels::clahe_bin(pixels[i]);
  }
  for (std::int64_t i = 0; i < count * channels; i += channels)
    for (std::int64_t c = 0; c < channels; ++c) ++counts[c * clahe_levels + bins[i + c]];
  return nan != 0;
}

// Pixels of one axis in a cell: first .. last - 1 of the image, then the source pixels of the reflection beyond its
// end.
struct CellRange {
  std::int64_t first, last, reflected_first, reflected_last;
};

inline CellRange cell_range(std::int64_t cell, std::int64_t cell_size, std::int64_t image_size) {
  const std::int64_t begin = cell * cell_size, end = begin + cell_size;
  if (end <= image_size) return {begin, end, 0, 0};
  const std::int64_t inside = begin < image_size ? begin : image_size, beyond = begin > image_size ? begin : image_size;
  return {inside, image_size, 2 * (image_size - 1) - (end - 1), 2 * (image_size - 1) - beyond + 1};
}

template <Real T>
void clahe_tables(const ClaheTableArgs<T>& args) {
  const auto [rows, columns, cell_height, cell_width] = args.cells;
  const std::int64_t channels = args.channels;
  parallel_for(args.images * rows * columns, 1, [&](std::int64_t begin, std::int64_t end) {
    const Buffer scratch(static_cast<std::size_t>((cell_width + clahe_levels) * channels) * sizeof(std::int32_t), {});
    auto* counts = static_cast<std::int32_t*>(scratch.data());  // (C, 256)
    std::int32_t* bins = counts + channels * clahe_levels;      // (cell_width, C)
    for (std::int64_t cell = begin; cell < end; ++cell) {
      const CellRange x = cell_range(cell % columns, cell_width, args.width);
      const CellRange y = cell_range(cell / columns % rows, cell_height, args.height);
      const T* image = args.x + cell / columns / rows * args.height * args.width * channels;
      for (std::int64_t i = 0; i < channels * clahe_levels; ++i) counts[i] = 0;
      bool nan = false;
      const auto count_row = [&](std::int64_t row) {
        const T* pixels = image + row * args.width * channels;
        nan |= count_pixels(pixels + x.first * channels, x.last - x.first, channels, bins, counts);
        nan |= count_pixels(pixels + x.reflected_first * channels, x.reflected_last - x.reflected_first, channels, bins,
                            counts);
      };
      for (std::int64_t row = y.first; row < y.last; ++row) count_row(row);
      for (std::int64_t row = y.reflected_first; row < y.reflected_last; ++row) count_row(row);

      for (std::int64_t c = 0; c < channels; ++c)
        kernels::write_clahe_table(counts + c * clahe_levels, args.limit, args.scale,
                                   args.tables + (cell * channels + c) * clahe_levels);
      args.nan[cell] = nan;
    }
  });
}

// Interleaves the four tables of each pair of rows and pair of columns of cells, so that a pixel needs one look-up
// instead of four. fours (N, rows + 1, columns + 1, C, 256); bytes from lowest: upper left, upper right, lower left,
// lower right.
template <Real T>
void join_tables(const ClaheArgs<T>& args, std::uint32_t* fours) {
  const std::int64_t rows = args.cells.rows, columns = args.cells.columns, table_size = args.channels * clahe_levels;
  parallel_for(args.images * (rows + 1), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t pair = begin; pair < end; ++pair) {
      const std::int64_t image = pair / (rows + 1), p = pair % (rows + 1);
      const std::uint8_t* upper = args.tables + (image * rows + (p > 0 ? p - 1 : 0)) * columns * table_size;
      const std::uint8_t* lower = args.tables + (image * rows + (p < rows ? p : rows - 1)) * columns * table_size;
      for (std::int64_t q = 0; q <= columns; ++q) {
        const std::int64_t left = (q > 0 ? q - 1 : 0) * table_size,
                           right = (q < columns ? q : columns - 1) * table_size;
        std::uint32_t* to = fours + (pair * (columns + 1) + q) * table_size;
        for (std::int64_t i = 0; i < table_size; ++i)
          to[i] = upper[left + i] | upper[right + i] << 8 | lower[left + i] << 16 |
                  static_cast<std::uint32_t>(lower[right + i]) << 24;
      }
    }
  });
}

// Values common to all rows, for each element of a row (W, C).
template <Real T>
struct ColumnPlan {
  std::int32_t* table;  // start of the element's table within its pair of rows
  T* weight;            // clahe_weight along x
};

template <Real T>
void plan_columns(const ClaheArgs<T>& args, ColumnPlan<T> plan) {
  for (std::int64_t x = 0; x < args.width; ++x)
    for (std::int64_t c = 0; c < args.channels; ++c) {
      const std::int64_t i = x * args.channels + c;
      plan.table[i] = static_cast<std::int32_t>(
          (kernels::clahe_pair(args.left + x, args.cells.width) * args.channels + c) * clahe_levels);
      plan.weight[i] = kernels::clahe_weight<T>(args.left + x, args.cells.width);
    }
}

template <Real T>
void equalise_row(const T* x, const std::uint32_t* fours, ColumnPlan<T> plan, T row_weight, std::int64_t count,
                  T* __restrict y) {
  const auto level = [](std::uint32_t four, int shift) {
    return static_cast<T>(static_cast<std::int32_t>(four >> shift & 255));
  };
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint32_t four = fours[plan.table[i] + kernels::clahe_index(x[i])];
    y[i] = kernels::clahe_blend(level(four, 0), level(four, 8), level(four, 16), level(four, 24), row_weight,
                                plan.weight[i]);
  }
}

template <Real T>
void clahe(const ClaheArgs<T>& args) {
  const ClaheCells cells = args.cells;
  const std::int64_t row_size = args.width * args.channels;
  const std::int64_t pair_row_size = (cells.columns + 1) * args.channels * clahe_levels;
  const Buffer four_buffer(
      static_cast<std::size_t>(args.images * (cells.rows + 1) * pair_row_size) * sizeof(std::uint32_t), {});
  auto* fours = static_cast<std::uint32_t*>(four_buffer.data());
  join_tables(args, fours);

  const Buffer table_buffer(static_cast<std::size_t>(row_size) * sizeof(std::int32_t), {});
  const Buffer weight_buffer(static_cast<std::size_t>(row_size) * sizeof(T), {});
  const ColumnPlan<T> plan = {static_cast<std::int32_t*>(table_buffer.data()), static_cast<T*>(weight_buffer.data())};
  plan_columns(args, plan);

  parallel_for(args.images * args.height, 4096 / row_size + 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t image = row / args.height, y = row % args.height;
      const std::uint32_t* pair =
          fours + (image * (cells.rows + 1) + kernels::clahe_pair(args.top + y, cells.height)) * pair_row_size;
      equalise_row(args.x + row * row_size, pair, plan, kernels::clahe_weight<T>(args.top + y, cells.height), row_size,
                   args.y + row * row_size);
    }
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(clahe_tables, ClaheTableArgs)
PREMIX_CPU_KERNEL(clahe, ClaheArgs)
