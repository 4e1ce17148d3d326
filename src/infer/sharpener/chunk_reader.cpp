#include "infer/sharpener/chunk_reader.hpp"

#include <algorithm>
#include <cmath>

#include "premix/core/error.hpp"

namespace premix::infer {
namespace {

// MS samples among 0 .. ms_size - 1 from which PAN pixels are interpolated.
Span samples_around(AxisMap map, Span pan, std::int64_t ms_size) {
  const double at_first = map.at(pan.begin), at_last = map.at(pan.end - 1);
  const auto limited = [&](double sample) {
    return static_cast<std::int64_t>(std::clamp(sample, 0.0, static_cast<double>(ms_size - 1)));
  };
  return {limited(std::floor(std::min(at_first, at_last)) - 1),
          limited(std::floor(std::max(at_first, at_last)) + 2) + 1};
}

}  // namespace

ChunkReader::ChunkReader(const SceneSource& source, Span columns, std::int64_t rows, std::int64_t first_chunk)
    : source_(source),
      columns_(columns),
      rows_(rows),
      most_ms_pixels_(largest_ms_window(source.geometry, columns, rows).pixels()) {
  thread_ = std::thread([this, first_chunk] {
    try {
      for (std::int64_t top = first_chunk * rows_; top < source_.geometry.pan_height; top += rows_)
        if (!queue_.push(read(top))) return;
      queue_.finish();
    } catch (...) {
      queue_.fail(std::current_exception());
    }
  });
}

ChunkReader::~ChunkReader() {
  queue_.close();
  thread_.join();
}

ReadChunk ChunkReader::next() {
  auto chunk = queue_.pop();
  PREMIX_CHECK(chunk, "ChunkReader: no rows are left");
  return std::move(*chunk);
}

ReadChunk ChunkReader::read(std::int64_t top) const {
  const SceneGeometry& scene = source_.geometry;
  const Span rows = {top, std::min(top + rows_, scene.pan_height)};
  const Span ms_rows = samples_around(scene.map.rows, rows, scene.ms_height);
  const Span ms_columns = samples_around(scene.map.columns, columns_, scene.ms_width);
  ReadChunk chunk = {PixelWindow(Window::of(rows, columns_), 1, rows_ * columns_.size()),
                     PixelWindow(Window::of(ms_rows, ms_columns), scene.bands, most_ms_pixels_)};
  source_.read_pan(chunk.pan.window, chunk.pan.values.data(), chunk.pan.valid.data());
  source_.read_ms(chunk.ms.window, chunk.ms.values.data(), chunk.ms.valid.data());
  return chunk;
}

Window ChunkReader::largest_ms_window(const SceneGeometry& scene, Span columns, std::int64_t rows) {
  constexpr std::int64_t around = 5;  // samples_around() adds four to the span of the rows, and rounds
  const auto spanned = static_cast<std::int64_t>(std::ceil(static_cast<double>(rows) * std::abs(scene.map.rows.scale)));
  return {.height = std::min(scene.ms_height, spanned + around),
          .width = samples_around(scene.map.columns, columns, scene.ms_width).size()};
}

PoolBlocks ChunkReader::blocks(const SceneGeometry& scene, Span columns, std::int64_t rows) {
  constexpr std::int64_t at_once = static_cast<std::int64_t>(most_waiting) + 2;  // plus one being read and one taken
  return at_once * (PixelWindow::blocks(1, rows * columns.size()) +
                    PixelWindow::blocks(scene.bands, largest_ms_window(scene, columns, rows).pixels()));
}

}  // namespace premix::infer
