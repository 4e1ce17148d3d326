#include "infer/sharpener/scene_chunk.hpp"

#include <algorithm>
#include <cmath>

#include "premix/core/parallel.hpp"
#include "premix/infer/grid.hpp"
#include "premix/kernels/bicubic.hpp"

namespace premix::infer {
namespace {

bool all_valid(const std::uint8_t* valid, std::int64_t pixels) {
  return std::find(valid, valid + pixels, 0) == valid + pixels;
}

// The one or two source samples of an interpolated pixel, relative to `first`.
struct FewTaps {
  std::int64_t before, after;
  float weight;  // of `after`
};

FewTaps few_taps(AxisMap map, std::int64_t place, std::int64_t size, std::int64_t first, Resampling resampling) {
  const double u = map.at(place), below = std::floor(resampling == Resampling::nearest ? u + 0.5 : u);
  const auto inside = [&](double sample) {
    return static_cast<std::int64_t>(std::clamp(sample, 0.0, static_cast<double>(size - 1))) - first;
  };
  if (resampling == Resampling::nearest) return {inside(below), inside(below), 0};
  return {inside(below), inside(below + 1), static_cast<float>(u - below)};
}

Tensor<float> sampled_by_few(const SceneGeometry& scene, const Window& ms, const float* x, std::int64_t channels,
                             const Window& pan, Resampling resampling) {
  Tensor<float> y({1, pan.height, pan.width, channels});
  parallel_for(pan.height, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t v = begin; v < end; ++v) {
      const FewTaps row = few_taps(scene.map.rows, pan.top + v, scene.ms_height, ms.top, resampling);
      float* to = y.mutable_data() + v * pan.width * channels;
      for (std::int64_t u = 0; u < pan.width; ++u) {
        const FewTaps column = few_taps(scene.map.columns, pan.left + u, scene.ms_width, ms.left, resampling);
        const auto at = [&](std::int64_t r, std::int64_t c) { return x + (r * ms.width + c) * channels; };
        for (std::int64_t c = 0; c < channels; ++c) {
          const float upper =
              at(row.before, column.before)[c] * (1 - column.weight) + at(row.before, column.after)[c] * column.weight;
          const float lower =
              at(row.after, column.before)[c] * (1 - column.weight) + at(row.after, column.after)[c] * column.weight;
          *to++ = upper * (1 - row.weight) + lower * row.weight;
        }
      }
    }
  });
  return y;
}

// Resamples x (h, w, C) of the MS to a window of the PAN.
Tensor<float> sampled(const SceneGeometry& scene, const Window& ms, const float* x, std::int64_t channels,
                      const Window& pan, Resampling resampling) {
  if (resampling != Resampling::cubic) return sampled_by_few(scene, ms, x, channels, pan, resampling);
  Tensor<float> y({1, pan.height, pan.width, channels});
  bicubic_sample(Cpu{}, BicubicArgs<float>{.x = x,
                                           .y = y.mutable_data(),
                                           .images = 1,
                                           .height = ms.height,
                                           .width = ms.width,
                                           .channels = channels,
                                           .result_height = pan.height,
                                           .result_width = pan.width,
                                           .rows = scene.map.rows,
                                           .columns = scene.map.columns,
                                           .part = {.top = ms.top,
                                                    .left = ms.left,
                                                    .whole_height = scene.ms_height,
                                                    .whole_width = scene.ms_width,
                                                    .result_top = pan.top,
                                                    .result_left = pan.left}});
  return y;
}

// Divisor of a pixel: weight sum of its valid samples. With all samples valid it is exactly 1, independent of rounding.
float weight_of_valid(float sum) {
  constexpr float rounding = 1e-5F, least = 1e-3F;
  return std::abs(sum - 1) < rounding || sum < least ? 1 : sum;
}

Tensor<float> sampled_ms(const SceneGeometry& scene, const PixelWindow& read, const Window& pan,
                         Resampling resampling) {
  const std::int64_t pixels = read.window.pixels();
  if (all_valid(read.valid.data(), pixels))
    return sampled(scene, read.window, read.values.data(), scene.bands, pan, resampling);
  Numbers<float> known(pixels * scene.bands), weight(pixels);
  for (std::int64_t i = 0; i < pixels; ++i) {
    weight[i] = read.valid[i];
    for (std::int64_t b = i * scene.bands; b < (i + 1) * scene.bands; ++b)
      known[b] = weight[i] == 0 ? 0 : read.values[b];
  }
  Tensor<float> ms = sampled(scene, read.window, known.data(), scene.bands, pan, resampling);
  const Tensor<float> sums = sampled(scene, read.window, weight.data(), 1, pan, resampling);
  for (std::int64_t i = 0; i < sums.size(); ++i)
    for (std::int64_t b = 0; b < scene.bands; ++b)
      ms.mutable_data()[i * scene.bands + b] /= weight_of_valid(sums.data()[i]);
  return ms;
}

Numbers<std::uint8_t> valid_pixels(const SceneGeometry& scene, const ReadChunk& read) {
  const Window &pan = read.pan.window, &ms = read.ms.window;
  Numbers<std::uint8_t> valid(pan.pixels());
  std::copy_n(read.pan.valid.data(), pan.pixels(), valid.data());
  for (std::int64_t y = 0; y < pan.height; ++y) {
    const std::int64_t row = sample_under(scene.map.rows, pan.top + y, scene.ms_height);
    for (std::int64_t x = 0; x < pan.width; ++x) {
      const std::int64_t column = sample_under(scene.map.columns, pan.left + x, scene.ms_width);
      const bool served = row >= 0 && column >= 0 && read.ms.valid[(row - ms.top) * ms.width + column - ms.left] != 0;
      if (!served) valid[y * pan.width + x] = 0;
    }
  }
  return valid;
}

void find_nearest(const std::uint8_t* valid, std::int64_t width, std::int32_t* nearest) {
  std::int32_t last = -1;
  for (std::int64_t x = 0; x < width; ++x) {
    if (valid[x] != 0) last = static_cast<std::int32_t>(x);
    nearest[x] = last;
  }
  last = -1;
  for (std::int64_t x = width - 1; x >= 0; --x) {
    if (valid[x] != 0) last = static_cast<std::int32_t>(x);
    if (last >= 0 && (nearest[x] < 0 || last - x < x - nearest[x])) nearest[x] = last;
  }
}

void clear_invalid(Tensor<float>& x, const Numbers<std::uint8_t>& valid) {
  const std::int64_t channels = x.shape().c;
  for (std::int64_t i = 0; i < x.shape().pixels(); ++i)
    if (valid[i] == 0) std::fill_n(x.mutable_data() + i * channels, channels, 0.0F);
}

}  // namespace

SceneChunk scene_chunk(const SceneGeometry& scene, const ReadChunk& read, std::int64_t cell, Resampling resampling) {
  const Window& pan = read.pan.window;
  SceneChunk chunk;
  chunk.top = pan.top;
  chunk.rows = pan.height;
  chunk.ms = sampled_ms(scene, read.ms, pan, resampling);
  chunk.pan = Tensor<float>({1, pan.height, pan.width, 1});
  std::copy_n(read.pan.values.data(), pan.pixels(), chunk.pan.mutable_data());
  chunk.valid = valid_pixels(scene, read);
  if (!all_valid(chunk.valid.data(), pan.pixels())) {
    clear_invalid(chunk.ms, chunk.valid);
    clear_invalid(chunk.pan, chunk.valid);
    chunk.nearest = Numbers<std::int32_t>(pan.pixels());
    for (std::int64_t y = 0; y < pan.height; ++y)
      find_nearest(chunk.valid.data() + y * pan.width, pan.width, chunk.nearest.data() + y * pan.width);
  }
  if (cell == 0) return chunk;
  chunk.ms_cells = cell_row(chunk.ms, chunk.valid.data(), cell);
  chunk.pan_cells = cell_row(chunk.pan, chunk.valid.data(), cell);
  return chunk;
}

ChunkBlocks chunk_blocks(const SceneGeometry& scene, Span columns, std::int64_t rows, std::int64_t cell) {
  constexpr std::int64_t number = sizeof(float), index = sizeof(std::int32_t), taps = sizeof(BicubicTaps<float>);
  const Window ms = ChunkReader::largest_ms_window(scene, columns, rows);
  const std::int64_t pixels = rows * columns.size();
  ChunkBlocks blocks;
  blocks.pixels.add(pixels * scene.bands * number).add(pixels * number).add(pixels * index);
  blocks.others.add(pixels);
  if (cell > 0)
    blocks.others =
        blocks.others + cell_row_blocks(columns.size(), scene.bands, cell) + cell_row_blocks(columns.size(), 1, cell);
  // Mask of a partly invalid MS, and the interpolation.
  blocks.work.add(ms.pixels() * scene.bands * number).add(ms.pixels() * number).add(pixels * number);
  blocks.work.add(columns.size() * taps).add(ms.width * scene.bands * number, threads());
  return blocks;
}

}  // namespace premix::infer
