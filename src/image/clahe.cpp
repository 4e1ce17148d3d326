#include "premix/image/clahe.hpp"

#include <algorithm>
#include <cmath>

#include "premix/kernels/clahe.hpp"

namespace premix {
namespace {

std::int64_t cell_size(std::int64_t image_size, std::int64_t grid) {
  const std::int64_t size = (image_size + grid - 1) / grid;
  return size + size % 2;
}

template <Real T>
ClaheCells cells_of(const Tensor<T>& x, const ClaheOptions& options) {
  const std::int64_t grid = options.grid;
  const double clip_limit = options.clip_limit;
  PREMIX_CHECK(grid > 0 && clip_limit > 0, "clahe: grid ", grid, " and clip_limit ", clip_limit, " must be above 0");
  PREMIX_CHECK(!x.empty(), "clahe: the tensor holds nothing");
  const Shape shape = x.shape();
  const ClaheCells cells = {grid, grid, cell_size(shape.h, grid), cell_size(shape.w, grid)};
  PREMIX_CHECK(grid * cells.height < 2 * shape.h && grid * cells.width < 2 * shape.w, "clahe: x ", shape,
               " is too small for ", grid, " x ", grid,
               " cells of even size (the default grid needs 9 x 9 pixels); give a larger image or a smaller grid");
  return cells;
}

void check_no_nan(const Buffer& flags, ClaheCells cells) {
  std::vector<std::uint8_t> nan(flags.bytes());
  copy_bytes(nan.data(), cpu(), flags.data(), flags.device(), nan.size());
  const auto found = std::find(nan.begin(), nan.end(), 1);
  if (found == nan.end()) return;
  const std::int64_t cell = found - nan.begin(), column = cell % cells.columns, row = cell / cells.columns % cells.rows;
  fail(ErrorKind::runtime, "clahe: image ", cell / cells.columns / cells.rows, " has a NaN near row ",
       row * cells.height, ", column ", column * cells.width, " (cells of ", cells.height, " x ", cells.width,
       " pixels); replace it first");
}

// (N, rows, columns, C, 256) levels on x's device.
template <Real T>
Buffer make_tables(const Tensor<T>& x, ClaheCells cells, const ClaheOptions& options) {
  const Shape shape = x.shape();
  const std::int64_t count = shape.n * cells.rows * cells.columns, pixels = cells.height * cells.width;
  const auto limit =
      static_cast<std::int64_t>(std::floor(options.clip_limit * static_cast<double>(pixels) / clahe_levels));
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
                               .limit = std::max<std::int64_t>(limit, 1),
                               .scale = static_cast<T>(255.0 / static_cast<double>(pixels))};
  on_device(x.device(), [&](auto device) { clahe_tables(device, args); });
  if (options.nan_check == NanCheck::on) check_no_nan(nan, cells);
  return tables;
}

}  // namespace

template <Real T>
Tensor<T> clahe(const Tensor<T>& x, const ClaheOptions& options) {
  const ClaheCells cells = cells_of(x, options);
  const Buffer tables = make_tables(x, cells, options);
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
  const ClaheCells cells = cells_of(x, options);
  const Buffer tables = make_tables(x, cells, options);
  ClaheTables result{{x.shape().n, cells.rows, cells.columns, x.shape().c}, std::vector<std::uint8_t>(tables.bytes())};
  copy_bytes(result.levels.data(), cpu(), tables.data(), x.device(), tables.bytes());
  return result;
}

template Tensor<float> clahe(const Tensor<float>&, const ClaheOptions&);
template Tensor<double> clahe(const Tensor<double>&, const ClaheOptions&);
template ClaheTables clahe_tables(const Tensor<float>&, const ClaheOptions&);
template ClaheTables clahe_tables(const Tensor<double>&, const ClaheOptions&);

}  // namespace premix
