#include "infer/sharpener/chunk_reader.hpp"

#include <algorithm>
#include <cmath>

#include "premix/core/error.hpp"

namespace premix::infer {
namespace {

// MS samples, out of 0 .. ms_size - 1, that PAN pixels are interpolated from.
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
    : source_(source), columns_(columns), rows_(rows) {
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
  const auto whole = [](const Window& window, std::int64_t channels, const auto& read_window) {
    const auto pixels = static_cast<std::size_t>(window.pixels());
    ReadWindow result{window, std::vector<float>(pixels * static_cast<std::size_t>(channels)),
                      std::vector<std::uint8_t>(pixels)};
    read_window(window, result.values.data(), result.valid.data());
    return result;
  };
  return {whole(Window::of(rows, columns_), 1, source_.read_pan),
          whole(Window::of(ms_rows, ms_columns), scene.bands, source_.read_ms)};
}

}  // namespace premix::infer
