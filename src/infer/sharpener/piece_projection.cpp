#include "infer/sharpener/piece_projection.hpp"

#include <algorithm>
#include <cmath>

#include "infer/footprints.hpp"

namespace premix::infer {
namespace {

constexpr std::int64_t column_step = 16;  // alignment of the fused columns

// Interpolation uses less than two MS pixels each way; their areas add half a pixel.
std::int64_t most_around(double ratio, int rounds) {
  return rounds * (static_cast<std::int64_t>(std::ceil(2.5 * ratio)) + 1);
}

// Copies an inner window row by row from values (h, w, C) of window `outer` to those of window `to_outer`.
template <class T>
void copy_window(const T* from, const Window& outer, T* to, const Window& to_outer, const Window& inner,
                 std::int64_t channels) {
  for (std::int64_t y = inner.top; y < inner.top + inner.height; ++y)
    std::copy_n(from + ((y - outer.top) * outer.width + inner.left - outer.left) * channels, inner.width * channels,
                to + ((y - to_outer.top) * to_outer.width + inner.left - to_outer.left) * channels);
}

// Whether all fused pixels on the area of an MS pixel are valid. valid (h, w): of the PAN pixels `at`.
bool all_valid(const PixelShares& down, const PixelShares& across, const std::uint8_t* valid, const Window& at) {
  for (std::int64_t y = down.pixels.begin; y < down.pixels.end; ++y)
    for (std::int64_t x = across.pixels.begin; x < across.pixels.end; ++x) {
      const double share = down.shares[static_cast<std::size_t>(y - down.pixels.begin)] *
                           across.shares[static_cast<std::size_t>(x - across.pixels.begin)];
      if (share > least_share && valid[(y - at.top) * at.width + x - at.left] == 0) return false;
    }
  return true;
}

// Invalidates MS pixels with invalid fused pixels on their areas. valid: of the PAN pixels `at`.
void exclude_partly_valid(const ProjectionGrid& grid, PixelWindow& ms, const Numbers<std::uint8_t>& valid,
                          const Window& at) {
  if (std::find(valid.data(), valid.data() + at.pixels(), 0) == valid.data() + at.pixels()) return;
  const Footprints rows(grid.map.rows), columns(grid.map.columns);
  std::vector<PixelShares> across;
  for (std::int64_t x = 0; x < ms.window.width; ++x)
    across.emplace_back(columns, ms.window.left + x, grid.pan_columns());
  for (std::int64_t y = 0; y < ms.window.height; ++y) {
    const PixelShares down(rows, ms.window.top + y, grid.pan_rows());
    for (std::int64_t x = 0; x < ms.window.width; ++x)
      if (!all_valid(down, across[static_cast<std::size_t>(x)], valid.data(), at))
        ms.valid[y * ms.window.width + x] = 0;
  }
}

void clear_invalid(ImagePart& missing, const PixelWindow& ms) {
  float* values = missing.pixels.mutable_data();
  const std::int64_t bands = missing.pixels.shape().c;
  for (std::int64_t y = 0; y < missing.at.height; ++y)
    for (std::int64_t x = 0; x < missing.at.width; ++x) {
      const std::int64_t pixel =
          (missing.at.top + y - ms.window.top) * ms.window.width + missing.at.left + x - ms.window.left;
      if (ms.valid[pixel] == 0) std::fill_n(values + (y * missing.at.width + x) * bands, bands, 0.0F);
    }
}

// Memory of missing_in() and corrected(): a part of each image, the computed values and the result.
PoolBlocks round_blocks(std::int64_t ms_bytes, std::int64_t pan_bytes) {
  return PoolBlocks(ms_bytes, 3).add(pan_bytes, 3);
}

}  // namespace

ProjectionPlan::ProjectionPlan(const SceneGeometry& scene, int rounds)
    : grid_(scene.map, scene.pan_height, scene.pan_width, scene.ms_height, scene.ms_width),
      served_(served_part(scene.map, {.width = scene.pan_width, .height = scene.pan_height},
                          {.width = scene.ms_width, .height = scene.ms_height})),
      rounds_(grid_.whole.empty() ? 0 : rounds) {}

Window ProjectionPlan::corrected_part(const Window& piece) const { return piece.intersection(served_); }

std::vector<ProjectionReach> ProjectionPlan::rounds_of(const Window& piece) const {
  Window pan = corrected_part(piece);
  std::vector<ProjectionReach> rounds;
  if (pan.empty()) return rounds;
  for (int round = 0; round < rounds_; ++round) pan = rounds.emplace_back(seen_by_round(grid_, pan)).pan;
  return rounds;
}

Window ProjectionPlan::seen(const Window& piece) const {
  const auto rounds = rounds_of(piece);
  return rounds.empty() ? piece : piece.joined(rounds.back().pan);
}

Span ProjectionPlan::columns_fused(Span wanted) const {
  const Window window = seen({served_.top, wanted.begin, 1, wanted.size()});
  const std::int64_t right = (window.left + window.width + column_step - 1) / column_step * column_step;
  return {window.left / column_step * column_step, std::min(grid_.pan_width, right)};
}

std::int64_t ProjectionPlan::most_rows_around() const { return most_around(grid_.map.row_ratio(), rounds_); }

std::int64_t ProjectionPlan::most_columns_around() const {
  return rounds_ == 0 ? 0 : most_around(grid_.map.column_ratio(), rounds_) + column_step - 1;
}

PieceProjection::PieceProjection(const ProjectionPlan& plan, SceneViews& views, StripFuser& fuser, Span fused,
                                 std::int64_t bands, const Window& largest)
    : plan_(plan),
      views_(views),
      fuser_(fuser),
      fused_(fused),
      bands_(bands),
      sizes_(plan, fused, largest),
      rows_(sizes_.fused_rows * fused.size() * bands) {}

PieceProjection::Sizes::Sizes(const ProjectionPlan& plan, Span fused, const Window& largest)
    : piece_pixels(largest.pixels()),
      fused_rows(largest.height + 2 * plan.most_rows_around()),
      seen_pixels(fused_rows * std::max(largest.width, fused.size())) {}

// Fuses the rows of a window that were not kept from the previous piece.
void PieceProjection::fuse_rows(const Window& window) {
  const std::int64_t row = fused_.size() * bands_, bottom = window.top + window.height;
  const std::int64_t kept = std::clamp<std::int64_t>(end_ - window.top, 0, end_ - first_);
  if (kept > 0) std::copy_n(rows_.data() + (window.top - first_) * row, kept * row, rows_.data());
  first_ = window.top;
  end_ = bottom;
  if (first_ + kept < bottom) fuser_.fuse(first_ + kept, bottom, rows_.data() + kept * row);
}

void PieceProjection::copy_fused(const Window& window, float* to) const {
  copy_window(rows_.data(), {first_, fused_.begin, end_ - first_, fused_.size()}, to, window, window, bands_);
}

ImagePart PieceProjection::projected(const Window& piece, ImagePart image, const Numbers<std::uint8_t>& valid) {
  const std::vector<ProjectionReach> rounds = plan_.rounds_of(piece);
  PixelWindow ms = views_.ms_pixels(rounds.back().ms);
  exclude_partly_valid(plan_.grid(), ms, valid, image.at);
  ImagePart ms_image = {ms.window, Tensor<float>({1, ms.window.height, ms.window.width, bands_})};
  std::copy_n(ms.values.data(), ms_image.pixels.size(), ms_image.pixels.mutable_data());
  for (std::size_t round = rounds.size(); round-- > 0;) {
    ImagePart missing = missing_in(plan_.grid(), image, ms_image, rounds[round].ms);
    clear_invalid(missing, ms);
    image = corrected(plan_.grid(), image, missing, round > 0 ? rounds[round - 1].pan : plan_.corrected_part(piece));
  }
  return image;
}

Piece PieceProjection::piece(const Window& window) {
  const Window seen = plan_.seen(window);
  Piece piece(window, bands_, sizes_.piece_pixels);
  Numbers<std::uint8_t> valid(sizes_.seen_pixels);
  views_.valid(seen, valid.data());
  copy_window(valid.data(), seen, piece.valid.data(), window, window, 1);
  const std::uint8_t* const end = piece.valid.data() + window.pixels();
  if (std::find(piece.valid.data(), piece.valid.data() + window.pixels(), 1) == end) {
    std::fill_n(piece.values.data(), window.pixels() * bands_, 0.0F);
    return piece;
  }
  fuse_rows(seen);
  copy_fused(window, piece.values.data());
  if (plan_.rounds_of(window).empty()) return piece;
  ImagePart fused = {seen, Tensor<float>({1, seen.height, seen.width, bands_})};
  copy_fused(seen, fused.pixels.mutable_data());
  const ImagePart image = projected(window, std::move(fused), valid);
  copy_window(image.pixels.data(), image.at, piece.values.data(), window, image.at, bands_);
  return piece;
}

PoolBlocks PieceProjection::blocks(const ProjectionPlan& plan, Span fused, std::int64_t bands, const Window& largest) {
  const Sizes sizes(plan, fused, largest);
  const std::int64_t bytes = bands * static_cast<std::int64_t>(sizeof(float));
  return PoolBlocks(sizes.fused_rows * fused.size() * bytes).add(sizes.seen_pixels);
}

PoolBlocks PieceProjection::work_blocks(const ProjectionPlan& plan, std::int64_t bands, const Window& piece) {
  const std::vector<ProjectionReach> rounds = plan.rounds_of(piece);
  if (rounds.empty()) return {};
  const std::int64_t bytes = bands * static_cast<std::int64_t>(sizeof(float));
  const std::int64_t ms_bytes = rounds.back().ms.pixels() * bytes;
  const PoolBlocks ms = PixelWindow::blocks(bands, rounds.back().ms.pixels()).add(ms_bytes);
  PoolBlocks work;
  PoolBlocks image(plan.seen(piece).pixels() * bytes);
  for (std::size_t round = rounds.size(); round-- > 0;) {
    const std::int64_t corrected = (round > 0 ? rounds[round - 1].pan : plan.corrected_part(piece)).pixels() * bytes;
    const PoolBlocks of_round = round_blocks(rounds[round].ms.pixels() * bytes, corrected);
    work = work | (ms + image + of_round);
    image = PoolBlocks(corrected);
  }
  return work;
}

}  // namespace premix::infer
