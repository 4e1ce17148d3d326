#include "premix/infer/periodicity_meter.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "metrics/flat_blocks.hpp"
#include "premix/core/error.hpp"

namespace premix {

using metrics::BlockView;
using metrics::FlatBlocks;
using metrics::ReferencedBlock;

namespace {

constexpr std::int64_t side = periodicity_block;

std::int64_t rounded_up(std::int64_t x) { return (x + side - 1) / side * side; }

// A window of the scene: fused values (h, w, B), PAN (h, w), valid (h, w).
struct Slab {
  Window window;
  const float *fused, *pan;
  const std::uint8_t* valid;

  std::int64_t pixel(std::int64_t row, std::int64_t column) const {
    return (row - window.top) * window.width + column - window.left;
  }
};

bool all_valid(const Slab& slab, const Window& block) {
  for (std::int64_t y = block.top; y < block.top + block.height; ++y) {
    const std::uint8_t* row = slab.valid + slab.pixel(y, block.left);
    if (std::find(row, row + block.width, std::uint8_t{0}) != row + block.width) return false;
  }
  return true;
}

// A block in several pieces.
struct OpenBlock {
  std::vector<float> fused, pan;  // (side, side, B), (side, side)
  std::int64_t pixels = 0;        // so far
  bool valid = true;

  void copy(const Slab& slab, const Window& block, const Window& shared, std::int64_t bands) {
    pixels += shared.pixels();
    valid = valid && all_valid(slab, shared);
    fused.resize(static_cast<std::size_t>(side * side * bands));
    pan.resize(static_cast<std::size_t>(side * side));
    for (std::int64_t y = shared.top; y < shared.top + shared.height; ++y) {
      const std::int64_t from = slab.pixel(y, shared.left);
      const std::int64_t to = (y - block.top) * side + shared.left - block.left;
      std::copy_n(slab.fused + from * bands, shared.width * bands, fused.data() + to * bands);
      std::copy_n(slab.pan + from, shared.width, pan.data() + to);
    }
  }
};

}  // namespace

struct PeriodicityMeter::State {
  std::int64_t bands;
  ReadPixels read_pan;
  Window blocks;  // smallest window of all blocks inside the part
  FlatBlocks flat;
  std::map<std::pair<std::int64_t, std::int64_t>, OpenBlock> open;

  State(const SceneGeometry& scene, ReadPixels read) : bands(scene.bands), read_pan(std::move(read)) {
    const Window& part = scene.part;
    const std::int64_t top = rounded_up(part.top), left = rounded_up(part.left);
    blocks = {top, left, (part.top + part.height) / side * side - top, (part.left + part.width) / side * side - left};
  }

  ReferencedBlock<float> measured_in(const Slab& slab, const Window& block) const {
    const std::int64_t first = slab.pixel(block.top, block.left);
    return {{slab.fused + first * bands, slab.window.width * bands, bands},
            {slab.pan + first, slab.window.width, 1},
            block.top,
            block.left};
  }

  // Adds columns of a slab in one row of blocks.
  void add(const Slab& slab, Span columns) {
    const std::int64_t top = slab.window.top / side * side;
    const Window used = Window::of(slab.window.rows(), columns);
    std::vector<ReferencedBlock<float>> whole;
    std::vector<OpenBlock> complete;  // their pixels
    for (std::int64_t left = columns.begin / side * side; left < columns.end; left += side) {
      const Window block = {top, left, side, side}, shared = block.intersection(used);
      if (shared == block) {
        if (all_valid(slab, block)) whole.push_back(measured_in(slab, block));
        continue;
      }
      OpenBlock& opened = open[{top, left}];
      opened.copy(slab, block, shared, bands);
      if (opened.pixels < side * side) continue;
      complete.push_back(std::move(opened));
      open.erase({top, left});
      const OpenBlock& pixels = complete.back();
      if (pixels.valid)
        whole.push_back({{pixels.fused.data(), side * bands, bands}, {pixels.pan.data(), side, 1}, top, left});
    }
    flat.add(whole);
  }

  void add(const Window& piece, const float* values, const std::uint8_t* valid) {
    const Window used = piece.intersection(blocks);
    if (used.empty()) return;
    std::vector<float> pan;
    std::vector<std::uint8_t> pan_valid;
    for (std::int64_t top = used.top; top < used.rows().end; top = top / side * side + side) {
      const std::int64_t bottom = std::min(used.rows().end, top / side * side + side);
      const Window rows = Window::of({top, bottom}, piece.columns());
      pan.resize(static_cast<std::size_t>(rows.pixels()));
      pan_valid.resize(pan.size());
      read_pan(rows, pan.data(), pan_valid.data());
      const std::int64_t first = (top - piece.top) * piece.width;
      add({rows, values + first * bands, pan.data(), valid + first}, used.columns());
    }
  }
};

PeriodicityMeter::PeriodicityMeter(const SceneGeometry& scene, ReadPixels read_pan)
    : state_(std::make_unique<State>(scene, std::move(read_pan))) {}
PeriodicityMeter::PeriodicityMeter(PeriodicityMeter&&) noexcept = default;
PeriodicityMeter& PeriodicityMeter::operator=(PeriodicityMeter&&) noexcept = default;
PeriodicityMeter::~PeriodicityMeter() = default;

void PeriodicityMeter::add(const Window& piece, const float* values, const std::uint8_t* valid) {
  PREMIX_CHECK(!piece.empty(), "PeriodicityMeter: a piece of ", piece.height, " x ", piece.width, " pixels");
  state_->add(piece, values, valid);
}

std::optional<Periodicity> PeriodicityMeter::result() const { return state_->flat.result(); }

}  // namespace premix
