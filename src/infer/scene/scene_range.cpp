#include "infer/scene/scene_range.hpp"

#include <algorithm>
#include <bit>
#include <vector>

#include "premix/core/error.hpp"

namespace premix::infer {
namespace {

constexpr double quantile = 0.999;

// Counts of one band. A bin holds the positive floats with the same upper 16 bits: sign, exponent and 7 bits of the
// mantissa. Bins ascend with the value.
class Histogram {
 public:
  void take(float count) { ++bins_[count > 0 ? std::bit_cast<std::uint32_t>(count) >> 16 : 0]; }

  // Upper end of the bin of the quantile; 0 if it is not positive.
  double upper_quantile() const {
    std::int64_t total = 0;
    for (const std::int64_t bin : bins_) total += bin;
    const auto wanted = static_cast<std::int64_t>(quantile * static_cast<double>(total));
    std::int64_t below = bins_[0];
    if (below > wanted) return 0;
    for (std::size_t bin = 1; bin < bins_.size(); ++bin) {
      below += bins_[bin];
      if (below > wanted) return std::bit_cast<float>(static_cast<std::uint32_t>((bin << 16) + 0xffffu));
    }
    return 0;
  }

 private:
  std::vector<std::int64_t> bins_ = std::vector<std::int64_t>(0x7f81);  // up to infinity
};

std::vector<Histogram> histograms_of(const MeasuredImage& image) {
  constexpr std::int64_t rows = 512, columns = 2048;  // whole tiles of most files
  const std::vector<BandRange> counts_themselves(image.bands);
  std::vector<Histogram> histograms(image.bands);
  std::vector<float> counts;
  std::vector<std::uint8_t> valid;
  for (std::int64_t top = 0; top < image.height; top += rows)
    for (std::int64_t left = 0; left < image.width; left += columns) {
      const Window window = {top, left, std::min(rows, image.height - top), std::min(columns, image.width - left)};
      const auto pixels = static_cast<std::size_t>(window.pixels());
      counts.resize(pixels * image.bands);
      valid.resize(pixels);
      image.reader.read(window, counts_themselves, counts.data(), valid.data());
      for (std::size_t pixel = 0; pixel < pixels; ++pixel)
        for (std::size_t band = 0; valid[pixel] != 0 && band < image.bands; ++band)
          histograms[band].take(counts[pixel * image.bands + band]);
    }
  return histograms;
}

}  // namespace

double measured_max_val(const std::string& path, std::span<MeasuredImage> images) {
  double largest = 0;
  for (const MeasuredImage& image : images)
    for (const Histogram& histogram : histograms_of(image)) largest = std::max(largest, histogram.upper_quantile());
  if (!(largest > 0))
    fail(ErrorKind::data, path, ": value range unknown, and no valid positive counts to measure it. Set ",
         Option("max_val"), '.');
  return largest;
}

}  // namespace premix::infer
