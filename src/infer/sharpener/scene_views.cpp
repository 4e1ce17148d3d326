#include "infer/sharpener/scene_views.hpp"

#include <algorithm>

#include "infer/sharpener/nearest_fill.hpp"
#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"
#include "premix/image/blur.hpp"
#include "premix/image/window.hpp"

namespace premix::infer {
namespace {

constexpr std::int64_t blur_radius = 1;

// Columns to read: whole cells of the columns, neighbour cells to borrow tables from, and the sources of filled pixels.
Span columns_read(const SceneGeometry& scene, Span columns, const ViewOptions& options) {
  const std::int64_t cell = options.cell, filled = options.reach + blur_radius;
  const std::int64_t margin = options.branches ? std::max(2 * cell, filled) : filled;
  const std::int64_t left = columns.begin / cell * cell - margin,
                     right = (columns.end + cell - 1) / cell * cell + margin;
  return {std::max<std::int64_t>(0, left - (left % cell + cell) % cell), std::min(scene.pan_width, right)};
}

// Copies rows of the chunk's images, from `first`, to rows of other images, from `to_first`.
void copy_rows(const BranchImages<float>& chunk, std::int64_t first, std::int64_t count, BranchImages<float>& to,
               std::int64_t to_first, std::int64_t to_height) {
  const auto copy = [&](Tensor<float>& image, const Tensor<float>& from) {
    if (from.empty()) return;
    const Shape s = from.shape();
    if (image.empty()) image = Tensor<float>({1, to_height, s.w, s.c});
    std::copy_n(from.data() + first * s.w * s.c, count * s.w * s.c, image.mutable_data() + to_first * s.w * s.c);
  };
  to.for_each(copy, chunk);
}

// Chunks each way used by the views of a chunk.
std::int64_t chunks_around(const ViewOptions& options) {
  return std::max<std::int64_t>(2, (options.reach + blur_radius + options.cell - 1) / options.cell);
}

// Work memory of clahe().
PoolBlocks clahe_blocks(std::int64_t read_width, std::int64_t width, std::int64_t bands, std::int64_t cell) {
  constexpr std::int64_t number = sizeof(float), rows_of_cells = 3;
  const std::int64_t cells = (read_width + cell - 1) / cell;
  return PoolBlocks((rows_of_cells + 1) * (cells + 1) * bands * clahe_levels * number).add(width * bands * number, 2);
}

PoolBlocks image_blocks(std::int64_t rows, std::int64_t columns, std::int64_t bands) {
  const std::int64_t bytes = rows * columns * static_cast<std::int64_t>(sizeof(float));
  return PoolBlocks(bytes * bands).add(bytes);
}

PoolBlocks branch_blocks(std::int64_t rows, std::int64_t columns, std::int64_t bands, const ViewOptions& options) {
  return (options.branches ? 3 : 1) * image_blocks(rows, columns, bands);
}

}  // namespace

SceneViews::SceneViews(const SceneSource& source, Span columns, std::int64_t first_row, const ViewOptions& options)
    : scene_(source.geometry),
      columns_(columns),
      read_columns_(columns_read(scene_, columns, options)),
      options_(options),
      chunks_around_(chunks_around(options)),
      next_chunk_(std::max<std::int64_t>(0, first_row / options.cell - chunks_around_)) {
  reader_.emplace(source, read_columns_, options_.cell, next_chunk_);
}

void SceneViews::read_to(std::int64_t row) {
  const std::int64_t last = std::min(row, scene_.pan_height);
  while (next_chunk_ * options_.cell < last) {
    ReadChunk read = reader_->next();
    SceneChunk chunk = scene_chunk(scene_, read, options_.branches ? options_.cell : 0, options_.resampling);
    if (options_.keep_ms) chunk.ms_read = std::move(read.ms);
    chunks_.push(std::move(chunk));
    ++next_chunk_;
  }
}

void SceneViews::valid(const Window& window, std::uint8_t* to) {
  const std::int64_t needed =
      std::max<std::int64_t>(0, window.top - options_.look_back) / options_.cell - chunks_around_;
  chunks_.drop_above(needed * options_.cell);
  read_to(window.top + window.height);
  for (std::int64_t y = 0; y < window.height; ++y) {
    const SceneChunk& chunk = *chunks_.at(window.top + y);
    const std::uint8_t* from =
        chunk.valid.data() + (window.top + y - chunk.top) * read_columns_.size() + window.left - read_columns_.begin;
    std::copy_n(from, window.width, to + y * window.width);
  }
}

PixelWindow SceneViews::ms_pixels(const Window& window) const {
  PixelWindow result(window, scene_.bands, window.pixels());
  std::fill_n(result.values.data(), window.pixels() * scene_.bands, 0.0F);
  std::fill_n(result.valid.data(), window.pixels(), std::uint8_t{0});
  for (const SceneChunk& chunk : chunks_) {
    const Window& read = chunk.ms_read.window;
    const Window both = read.intersection(window);
    for (std::int64_t y = both.top; y < both.top + both.height; ++y) {
      const std::int64_t from = (y - read.top) * read.width + both.left - read.left;
      const std::int64_t to = (y - window.top) * window.width + both.left - window.left;
      std::copy_n(chunk.ms_read.values.data() + from * scene_.bands, both.width * scene_.bands,
                  result.values.data() + to * scene_.bands);
      std::copy_n(chunk.ms_read.valid.data() + from, both.width, result.valid.data() + to);
    }
  }
  return result;
}

Tensor<float> SceneViews::equalised(const Tensor<float>& x, std::int64_t chunk, CellRow SceneChunk::*cells) const {
  const std::int64_t cell = options_.cell, last = (scene_.pan_height - 1) / cell;
  const auto row_of = [&](std::int64_t c) -> const CellRow* {
    return c < 0 || c > last ? nullptr : &(chunks_.at(c * cell)->*cells);
  };
  const std::int64_t first = std::max<std::int64_t>(0, chunk - 1), rows = std::min(last, chunk + 1) - first + 1;
  std::vector<std::uint8_t> tables;
  for (std::int64_t c = first; c < first + rows; ++c) {
    const std::vector<std::uint8_t> row = with_borrowed(row_of(c - 1), *row_of(c), row_of(c + 1), cell);
    tables.insert(tables.end(), row.begin(), row.end());
  }
  Tensor<float> y(x.shape());
  clahe(Cpu{}, ClaheArgs<float>{.x = x.data(),
                                .tables = tables.data(),
                                .y = y.mutable_data(),
                                .images = 1,
                                .height = x.shape().h,
                                .width = x.shape().w,
                                .channels = x.shape().c,
                                .cells = {rows, static_cast<std::int64_t>(row_of(chunk)->valid.size()), cell, cell},
                                .top = (chunk - first) * cell,
                                .left = columns_.begin - read_columns_.begin});
  return y;
}

BranchImages<float> SceneViews::make_views(std::int64_t chunk) {
  const std::int64_t cell = options_.cell, top = chunk * cell, bottom = std::min(top + cell, height());
  read_to((chunk + chunks_around_ + 1) * cell);
  const std::int64_t width = network_side(scene_.pan_width);
  // The high-pass filter uses one more pixel.
  const Window filled = {std::max<std::int64_t>(0, top - blur_radius),
                         std::max<std::int64_t>(0, columns_.begin - blur_radius), 0, 0};
  Window window = filled;
  window.height = std::min(height(), bottom + blur_radius) - window.top;
  window.width = std::min(width, columns_.end + blur_radius) - window.left;
  Tensor<float> ms({1, window.height, window.width, scene_.bands}), pan({1, window.height, window.width, 1});
  fill_from_nearest(chunks_, read_columns_.begin, window, options_.reach, ms.mutable_data(), pan.mutable_data());

  const Window inside = {top - window.top, columns_.begin - window.left, bottom - top, columns_.size()};
  BranchImages<float> views;
  views.plain = {crop(ms, inside), crop(pan, inside)};
  if (!options_.branches) return views;
  views.high_pass = {crop(high_pass(ms), inside), crop(high_pass(pan), inside)};
  views.equalised = {equalised(views.plain.ms, chunk, &SceneChunk::ms_cells),
                     equalised(views.plain.pan, chunk, &SceneChunk::pan_cells)};
  return views;
}

const BranchImages<float>& SceneViews::chunk_views(std::int64_t chunk) {
  const auto found = views_.find(chunk);
  return found != views_.end() ? found->second : views_.emplace(chunk, make_views(chunk)).first->second;
}

BranchImages<float> SceneViews::rows(std::int64_t begin, std::int64_t end) {
  const std::int64_t cell = options_.cell;
  views_.erase(views_.begin(), views_.lower_bound(begin / cell));
  chunks_.drop_pixels_above((begin / cell - chunks_around_) * cell);
  BranchImages<float> result;
  for (std::int64_t row = begin; row < end;) {
    const std::int64_t chunk = row / cell, last = std::min(end, (chunk + 1) * cell);
    copy_rows(chunk_views(chunk), row - chunk * cell, last - row, result, row - begin, end - begin);
    row = last;
  }
  return result;
}

ViewBlocks SceneViews::blocks(const SceneGeometry& scene, Span columns, const ViewOptions& options,
                              const ViewUse& use) {
  const std::int64_t cell = options.cell, around = chunks_around(options), bands = scene.bands;
  const std::int64_t height = network_side(scene.pan_height), all_chunks = (scene.pan_height + cell - 1) / cell;
  // Maximum chunks touched by consecutive rows. Rows begin at multiples of 4.
  const auto touched = [&](std::int64_t rows) { return std::min(all_chunks, (rows + 2 * cell - 5) / cell); };
  const std::int64_t seen = options.look_back + use.valid_rows;
  const std::int64_t kept = std::min(all_chunks, touched(seen + use.ahead + use.rows) + 2 * around);
  const std::int64_t with_pixels =
      std::min(all_chunks, std::max(touched(seen) + around, touched(use.rows) + 2 * around));
  const Span read = columns_read(scene, columns, options);
  const std::int64_t rows = std::min(cell, scene.pan_height), last_rows = scene.pan_height - (all_chunks - 1) * cell;
  const std::int64_t cells = options.branches ? cell : 0;
  const ChunkBlocks chunk = chunk_blocks(scene, read, rows, cells), last = chunk_blocks(scene, read, last_rows, cells);

  ViewBlocks blocks;
  blocks.reading = ChunkReader::blocks(scene, read, cell);
  blocks.chunks = (with_pixels * chunk.pixels + kept * chunk.others) | last.pixels | last.others;
  if (options.keep_ms)
    blocks.chunks =
        blocks.chunks + kept * PixelWindow::blocks(bands, ChunkReader::largest_ms_window(scene, read, cell).pixels());

  const std::int64_t width = columns.size(), last_height = height - (all_chunks - 1) * cell;
  blocks.views = (touched(use.rows) * branch_blocks(rows, width, bands, options) |
                  branch_blocks(last_height, width, bands, options)) +
                 branch_blocks(std::min(use.rows, height), width, bands, options);
  blocks.work = chunk.work | last.work;
  const std::int64_t row = (width + 2 * blur_radius) * bands * static_cast<std::int64_t>(sizeof(float));
  for (const std::int64_t filled : {rows + 2 * blur_radius, rows + blur_radius, last_height + blur_radius}) {
    const PoolBlocks images = image_blocks(filled, width + 2 * blur_radius, bands);
    blocks.work = blocks.work | (options.branches ? images + images + PoolBlocks(row, threads()) : images);
  }
  if (options.branches) blocks.work = blocks.work | clahe_blocks(read.size(), width, bands, cell);
  return blocks;
}

}  // namespace premix::infer
