#include "infer/projection/projection_round.hpp"

#include <algorithm>
#include <vector>

#include "infer/footprints.hpp"
#include "premix/core/parallel.hpp"

namespace premix::infer {
namespace {

constexpr std::int64_t grain = 1 << 14;

GridMap onto_whole(const ProjectionGrid& grid) {
  return {grid.map.rows.with_source_from(grid.whole.top), grid.map.columns.with_source_from(grid.whole.left)};
}

// MS pixels within `whole` from which PAN pixels are interpolated.
Span interpolated_from(AxisMap map, Span pan, Span whole) {
  const auto taps_of = [&](std::int64_t pixel) {
    return bicubic_taps<float>(map.with_source_from(whole.begin), pixel, whole.size(), -whole.begin);
  };
  const auto at_begin = taps_of(pan.begin), at_end = taps_of(pan.end - 1);
  return {std::min(at_begin.source[0], at_end.source[0]), std::max(at_begin.source[3], at_end.source[3]) + 1};
}

// PAN pixels within `pan` on the areas of MS pixels.
Span pixels_under(AxisMap map, Span ms, Span pan) {
  const Footprints footprints(map);
  return PixelShares(footprints, ms.begin, pan).pixels.joined(PixelShares(footprints, ms.end - 1, pan).pixels);
}

struct AxisReach {
  Span ms, pan;
};

AxisReach seen_along(AxisMap map, Span wanted, Span pan, Span whole) {
  const Span ms = interpolated_from(map, wanted, whole);
  return {ms, wanted.joined(pixels_under(map, ms, pan))};
}

std::vector<PixelShares> shares_of(AxisMap map, Span ms, Span pan) {
  const Footprints footprints(map);
  std::vector<PixelShares> shares;
  for (std::int64_t i = ms.begin; i < ms.end; ++i) shares.emplace_back(footprints, i, pan);
  return shares;
}

Tensor<float> part_of(const ImagePart& image, const Window& at) {
  if (at == image.at) return image.pixels;
  return crop(image.pixels, at.from(image.at.top, image.at.left));
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
  whole = Window::of(whole_pixels(Footprints(map.rows), ms_height, pan_rows()),
                     whole_pixels(Footprints(map.columns), ms_width, pan_columns()));
}

ProjectionReach seen_by_round(const ProjectionGrid& grid, const Window& pan) {
  const AxisReach rows = seen_along(grid.map.rows, pan.rows(), grid.pan_rows(), grid.whole.rows());
  const AxisReach columns = seen_along(grid.map.columns, pan.columns(), grid.pan_columns(), grid.whole.columns());
  return {Window::of(rows.ms, columns.ms), Window::of(rows.pan, columns.pan)};
}

Tensor<float> averaged(const ProjectionGrid& grid, const ImagePart& fused, const Window& at) {
  const std::int64_t width = fused.at.width, bands = fused.pixels.shape().c;
  const std::vector<PixelShares> all_down = shares_of(grid.map.rows, at.rows(), grid.pan_rows());
  const std::vector<PixelShares> all_across = shares_of(grid.map.columns, at.columns(), grid.pan_columns());
  Tensor<float> result({1, at.height, at.width, bands});
  float* to = result.mutable_data();
  parallel_for(at.height, 1, [&](std::int64_t from, std::int64_t until) {
    std::vector<double> sum(static_cast<std::size_t>(bands));
    for (std::int64_t y = from; y < until; ++y) {
      const PixelShares& down = all_down[static_cast<std::size_t>(y)];
      for (std::int64_t x = 0; x < at.width; ++x) {
        const PixelShares& across = all_across[static_cast<std::size_t>(x)];
        const float* corner =
            fused.pixels.data() +
            ((down.pixels.begin - fused.at.top) * width + across.pixels.begin - fused.at.left) * bands;
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
