#include "infer/projection/projection_round.hpp"

#include <algorithm>
#include <vector>

#include "infer/footprints.hpp"
#include "premix/core/parallel.hpp"

namespace premix::infer {
namespace {

constexpr std::int64_t grain = 1 << 14;

// A stretch of one axis.
struct Span {
  std::int64_t begin, end;
};

// The samples first .. first + count - 1 of the source as an axis of their own.
AxisMap onto_part(AxisMap map, std::int64_t first) { return {map.scale, map.offset - static_cast<double>(first)}; }

GridMap onto_whole(const ProjectionGrid& grid) {
  return {onto_part(grid.map.rows, grid.whole.top), onto_part(grid.map.columns, grid.whole.left)};
}

Span interpolated_from(AxisMap map, Span pan, Span whole) {
  const auto taps_of = [&](std::int64_t pixel) {
    return bicubic_taps<float>(onto_part(map, whole.begin), pixel, whole.end - whole.begin, -whole.begin);
  };
  const auto first = taps_of(pan.begin), last = taps_of(pan.end - 1);
  return {std::min(first.source[0], last.source[0]), std::max(first.source[3], last.source[3]) + 1};
}

Span pixels_under(AxisMap map, Span ms, std::int64_t pan) {
  const Footprints footprints(map);
  const PixelShares first(footprints, ms.begin, 0, pan), last(footprints, ms.end - 1, 0, pan);
  return {std::min(first.first, last.first), std::max(first.beyond(), last.beyond())};
}

struct AxisReach {
  Span ms, pan;
};

AxisReach seen_along(AxisMap map, Span pan, std::int64_t pan_size, Span whole) {
  const Span ms = interpolated_from(map, pan, whole), under = pixels_under(map, ms, pan_size);
  return {ms, {std::min(pan.begin, under.begin), std::max(pan.end, under.end)}};
}

Window window_of(Span rows, Span columns) {
  return {rows.begin, columns.begin, rows.end - rows.begin, columns.end - columns.begin};
}

std::vector<PixelShares> shares_of(AxisMap map, std::int64_t first, std::int64_t count, std::int64_t pan) {
  const Footprints footprints(map);
  std::vector<PixelShares> shares;
  for (std::int64_t i = 0; i < count; ++i) shares.emplace_back(footprints, first + i, 0, pan);
  return shares;
}

Tensor<float> part_of(const ImagePart& image, const Window& at) {
  if (at == image.at) return image.pixels;
  return crop(image.pixels, {at.top - image.at.top, at.left - image.at.left, at.height, at.width});
}

// a + sign * b
Tensor<float> combined(const Tensor<float>& a, const Tensor<float>& b, float sign) {
  const auto a_values = a.values(), b_values = b.values();
  Tensor<float> result(a.shape());
  float* to = result.mutable_data();
  parallel_for(a.size(), grain, [&](std::int64_t from, std::int64_t until) {
    for (std::int64_t i = from; i < until; ++i) to[i] = a_values[i] + sign * b_values[i];
  });
  return result;
}

}  // namespace

ProjectionGrid::ProjectionGrid(const GridMap& map, std::int64_t pan_height, std::int64_t pan_width,
                               std::int64_t ms_height, std::int64_t ms_width)
    : map(map), pan_height(pan_height), pan_width(pan_width) {
  const MsSpan rows = whole_pixels(Footprints(map.rows), ms_height, 0, pan_height);
  const MsSpan columns = whole_pixels(Footprints(map.columns), ms_width, 0, pan_width);
  whole = {rows.first, columns.first, rows.count, columns.count};
}

ProjectionReach seen_by_round(const ProjectionGrid& grid, const Window& pan) {
  const Window& whole = grid.whole;
  const AxisReach rows = seen_along(grid.map.rows, {pan.top, pan.top + pan.height}, grid.pan_height,
                                    {whole.top, whole.top + whole.height});
  const AxisReach columns = seen_along(grid.map.columns, {pan.left, pan.left + pan.width}, grid.pan_width,
                                       {whole.left, whole.left + whole.width});
  return {window_of(rows.ms, columns.ms), window_of(rows.pan, columns.pan)};
}

Tensor<float> averaged(const ProjectionGrid& grid, const ImagePart& fused, const Window& at) {
  const std::int64_t width = fused.at.width, bands = fused.pixels.shape().c;
  const std::vector<PixelShares> all_down = shares_of(grid.map.rows, at.top, at.height, grid.pan_height);
  const std::vector<PixelShares> all_across = shares_of(grid.map.columns, at.left, at.width, grid.pan_width);
  Tensor<float> result({1, at.height, at.width, bands});
  float* to = result.mutable_data();
  parallel_for(at.height, 1, [&](std::int64_t from, std::int64_t until) {
    std::vector<double> sum(static_cast<std::size_t>(bands));
    for (std::int64_t y = from; y < until; ++y) {
      const PixelShares& down = all_down[static_cast<std::size_t>(y)];
      for (std::int64_t x = 0; x < at.width; ++x) {
        const PixelShares& across = all_across[static_cast<std::size_t>(x)];
        const float* corner =
            fused.pixels.data() + ((down.first - fused.at.top) * width + across.first - fused.at.left) * bands;
        std::fill(sum.begin(), sum.end(), 0.0);
        for (std::size_t i = 0; i < down.shares.size(); ++i)
          for (std::size_t j = 0; j < across.shares.size(); ++j) {
            const float* pixel = corner + (static_cast<std::int64_t>(i) * width + static_cast<std::int64_t>(j)) * bands;
            for (std::int64_t band = 0; band < bands; ++band)
              sum[static_cast<std::size_t>(band)] += down.shares[i] * across.shares[j] * pixel[band];
          }
        std::transform(sum.begin(), sum.end(), to + (y * at.width + x) * bands,
                       [](double value) { return static_cast<float>(value); });
      }
    }
  });
  return result;
}

ImagePart missing_in(const ProjectionGrid& grid, const ImagePart& fused, const ImagePart& ms, const Window& at) {
  return {at, combined(part_of(ms, at), averaged(grid, fused, at), -1)};
}

ImagePart corrected(const ProjectionGrid& grid, const ImagePart& fused, const ImagePart& missing, const Window& at) {
  const auto [n, h, w, c] = missing.pixels.shape();
  const GridMap map = onto_whole(grid);
  Tensor<float> correction({1, at.height, at.width, c});
  bicubic_sample(Cpu{}, BicubicArgs<float>{.x = missing.pixels.data(),
                                           .y = correction.mutable_data(),
                                           .images = 1,
                                           .height = h,
                                           .width = w,
                                           .channels = c,
                                           .result_height = at.height,
                                           .result_width = at.width,
                                           .rows = map.rows,
                                           .columns = map.columns,
                                           .part = {.top = missing.at.top - grid.whole.top,
                                                    .left = missing.at.left - grid.whole.left,
                                                    .whole_height = grid.whole.height,
                                                    .whole_width = grid.whole.width,
                                                    .result_top = at.top,
                                                    .result_left = at.left}});
  return {at, combined(part_of(fused, at), correction, 1)};
}

}  // namespace premix::infer
