#include "infer/sharpener/scene_views.hpp"

#include <algorithm>

#include "infer/sharpener/nearest_fill.hpp"
#include "premix/core/error.hpp"
#include "premix/image/blur.hpp"
#include "premix/image/window.hpp"

namespace premix::infer {
namespace {

constexpr std::int64_t blur_radius = 1;

// Whole cells that hold the columns, their neighbours, from which they may borrow, and all that invalid pixels are
// filled from.
Span columns_read(const SceneGeometry& scene, Span columns, const ViewOptions& options) {
  const std::int64_t cell = options.cell, filled = options.reach + blur_radius;
  const std::int64_t margin = options.branches ? std::max(2 * cell, filled) : filled;
  const std::int64_t left = columns.begin / cell * cell - margin,
                     right = (columns.end + cell - 1) / cell * cell + margin;
  return {std::max<std::int64_t>(0, left - (left % cell + cell) % cell), std::min(scene.pan_width, right)};
}

Tensor<float> join(const Tensor<float>& x, const Tensor<float>& below) {
  Tensor<float> both({1, x.shape().h + below.shape().h, x.shape().w, x.shape().c});
  std::copy_n(x.data(), x.size(), both.mutable_data());
  std::copy_n(below.data(), below.size(), both.mutable_data() + x.size());
  return both;
}

BranchImages<float> cropped(const BranchImages<float>& images, std::int64_t top, std::int64_t height) {
  if (top == 0 && height == images.plain.pan.shape().h) return images;
  return images.map([&](const Tensor<float>& image) {
    return image.empty() ? image : crop(image, {top, 0, height, image.shape().w});
  });
}

BranchImages<float> joined(const BranchImages<float>& images, const BranchImages<float>& below) {
  if (images.plain.pan.empty()) return below;
  return images.map([](const Tensor<float>& x, const Tensor<float>& y) { return x.empty() ? x : join(x, y); }, below);
}

}  // namespace

SceneViews::SceneViews(const SceneSource& source, Span columns, std::int64_t first_row, const ViewOptions& options)
    : scene_(source.geometry),
      columns_(columns),
      read_columns_(columns_read(scene_, columns, options)),
      options_(options),
      chunks_around_(std::max<std::int64_t>(2, (options.reach + blur_radius + options.cell - 1) / options.cell)),
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

ReadWindow SceneViews::ms_pixels(const Window& window) const {
  const auto pixels = static_cast<std::size_t>(window.height * window.width);
  ReadWindow result{window, std::vector<float>(pixels * static_cast<std::size_t>(scene_.bands)),
                    std::vector<std::uint8_t>(pixels)};
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
  // High-pass images see a pixel further.
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
    result = joined(result, cropped(chunk_views(chunk), row - chunk * cell, last - row));
    row = last;
  }
  return result;
}

}  // namespace premix::infer
