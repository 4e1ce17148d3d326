#include "infer/sharpener/chunk_reader.hpp"

#include <algorithm>
#include <cmath>

#include "premix/core/error.hpp"

namespace premix::infer {
namespace {

// The samples of an axis of `size` that places first .. last of a result are interpolated from.
struct Samples {
  std::int64_t first, count;
};

Samples samples_around(AxisMap map, std::int64_t first, std::int64_t last, std::int64_t size) {
  const double a = static_cast<double>(first) * map.scale + map.offset,
               b = static_cast<double>(last) * map.scale + map.offset;
  const auto limited = [&](double sample) {
    return static_cast<std::int64_t>(std::clamp(sample, 0.0, static_cast<double>(size - 1)));
  };
  const std::int64_t begin = limited(std::floor(std::min(a, b)) - 1), end = limited(std::floor(std::max(a, b)) + 2);
  return {begin, end - begin + 1};
}

}  // namespace

ChunkReader::ChunkReader(const SceneIo& io, Columns columns, std::int64_t rows, std::int64_t first_chunk)
    : io_(io), columns_(columns), rows_(rows) {
  thread_ = std::thread([this, first_chunk] {
    try {
      for (std::int64_t top = first_chunk * rows_; top < io_.pan_height; top += rows_)
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
  const std::int64_t height = std::min(rows_, io_.pan_height - top);
  const Samples rows = samples_around(io_.map.rows, top, top + height - 1, io_.ms_height);
  const Samples columns = samples_around(io_.map.columns, columns_.left, columns_.right - 1, io_.ms_width);
  const auto whole = [](const Window& window, std::int64_t channels, const auto& read_window) {
    const auto pixels = static_cast<std::size_t>(window.height * window.width);
    ReadWindow result{window, std::vector<float>(pixels * static_cast<std::size_t>(channels)),
                      std::vector<std::uint8_t>(pixels)};
    read_window(window, result.values.data(), result.valid.data());
    return result;
  };
  return {whole({top, columns_.left, height, columns_.width()}, 1, io_.read_pan),
          whole({rows.first, columns.first, rows.count, columns.count}, io_.bands, io_.read_ms)};
}

}  // namespace premix::infer
