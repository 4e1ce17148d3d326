#pragma once

#include <cstdint>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/kernels/clahe.hpp"

namespace premix {

/// NaN check of the input. On a GPU the check synchronises.
enum class NanCheck { on, off };

struct ClaheOptions {
  std::int64_t grid = 8;   // the image is divided into grid x grid cells
  double clip_limit = 40;  // histogram counts are clipped to clip_limit times their mean, at least 1
  NanCheck nan_check = NanCheck::on;
};

/// Contrast-limited adaptive histogram equalisation (Zuiderveld 1994) of each image and channel. Matches the published
/// network: equalize_clahe of kornia 0.7.1 on x clipped to [0, 1]. x (N, H, W, C) -> (N, H, W, C) in [0, 1].
///
/// A cell has ceil(H / grid) rows, rounded up to even. Cells beyond the image see its reflection, so the default grid
/// needs at least 9 pixels per axis. Throws on NaN, with the position; without the check NaN counts as 0.
template <Real T>
Tensor<T> clahe(const Tensor<T>& x, const ClaheOptions& options = {});

/// Lookup tables: output grey levels for the input levels 0 to 255 at the centre of each cell.
struct ClaheTables {
  Shape cells;                       // N, rows of cells, columns of cells, C
  std::vector<std::uint8_t> levels;  // (N, rows, columns, C, 256)
};

/// Returns the tables used by clahe(x, options).
template <Real T>
ClaheTables clahe_tables(const Tensor<T>& x, const ClaheOptions& options = {});

namespace detail {

/// Returns the side of a cell in pixels, even, for an axis divided into `grid` cells.
constexpr std::int64_t clahe_cell_size(std::int64_t image_size, std::int64_t grid) {
  const std::int64_t size = (image_size + grid - 1) / grid;
  return size + size % 2;
}

/// Returns the count limit of a histogram for cells of `pixels` pixels.
std::int64_t clahe_limit(double clip_limit, std::int64_t pixels);

/// Returns 255 / pixels, rounded to T.
template <Real T>
T clahe_scale(std::int64_t pixels);

/// Throws if a flag (N, rows, columns) is set, with its position.
void check_no_nan(const Buffer& flags, ClaheCells cells);

template <Real T>
ClaheCells clahe_cells(const Tensor<T>& x, const ClaheOptions& options) {
  const std::int64_t grid = options.grid;
  const double clip_limit = options.clip_limit;
  PREMIX_CHECK(grid > 0 && clip_limit > 0, "clahe: grid ", grid, ", clip_limit ", clip_limit,
               ". Both must be above 0.");
  PREMIX_CHECK(!x.empty(), "clahe: empty tensor");
  const Shape shape = x.shape();
  const ClaheCells cells = {grid, grid, clahe_cell_size(shape.h, grid), clahe_cell_size(shape.w, grid)};
  PREMIX_CHECK(grid * cells.height < 2 * shape.h && grid * cells.width < 2 * shape.w, "clahe: x ", shape,
               " is too small for ", grid, " x ", grid,
               " cells of even size; the default grid needs 9 x 9 pixels. Use a larger image or a smaller grid.");
  return cells;
}

/// Returns levels (N, rows, columns, C, 256) on the device of x.
template <Real T>
Buffer clahe_table_buffer(const Tensor<T>& x, ClaheCells cells, const ClaheOptions& options) {
  const Shape shape = x.shape();
  const std::int64_t count = shape.n * cells.rows * cells.columns, pixels = cells.height * cells.width;
  Buffer tables(static_cast<std::size_t>(count * shape.c * clahe_levels), x.device());
  const Buffer nan(static_cast<std::size_t>(count), x.device());
  const ClaheTableArgs<T> args{.x = x.data(),
                               .tables = static_cast<std::uint8_t*>(tables.data()),
                               .nan = static_cast<std::uint8_t*>(nan.data()),
                               .images = shape.n,
                               .height = shape.h,
                               .width = shape.w,
                               .channels = shape.c,
                               .cells = cells,
                               .limit = clahe_limit(options.clip_limit, pixels),
                               .scale = clahe_scale<T>(pixels)};
  on_device(x.device(), [&](auto device) { clahe_tables(device, args); });
  if (options.nan_check == NanCheck::on) check_no_nan(nan, cells);
  return tables;
}

}  // namespace detail

template <Real T>
Tensor<T> clahe(const Tensor<T>& x, const ClaheOptions& options) {
  const ClaheCells cells = detail::clahe_cells(x, options);
  const Buffer tables = detail::clahe_table_buffer(x, cells, options);
  const Shape shape = x.shape();
  Tensor<T> y(shape, x.device());
  const ClaheArgs<T> args{
      x.data(), static_cast<const std::uint8_t*>(tables.data()), y.mutable_data(), shape.n, shape.h, shape.w, shape.c,
      cells};
  on_device(x.device(), [&](auto device) { clahe(device, args); });
  return y;
}

template <Real T>
ClaheTables clahe_tables(const Tensor<T>& x, const ClaheOptions& options) {
  const ClaheCells cells = detail::clahe_cells(x, options);
  const Buffer tables = detail::clahe_table_buffer(x, cells, options);
  ClaheTables result{{x.shape().n, cells.rows, cells.columns, x.shape().c}, std::vector<std::uint8_t>(tables.bytes())};
  copy_bytes(result.levels.data(), cpu(), tables.data(), x.device(), tables.bytes());
  return result;
}

extern template Tensor<float> clahe(const Tensor<float>&, const ClaheOptions&);
extern template Tensor<double> clahe(const Tensor<double>&, const ClaheOptions&);
extern template ClaheTables clahe_tables(const Tensor<float>&, const ClaheOptions&);
extern template ClaheTables clahe_tables(const Tensor<double>&, const ClaheOptions&);

}  // namespace premix
