#include <algorithm>
#include <cmath>

#include "infer/scene_inputs.hpp"
#include "premix/core/error.hpp"

namespace premix {
namespace {

void check_nodata(const OfferedBand& band, std::span<const float> counts, const SceneOptions& options) {
  const auto not_a_number = std::count_if(counts.begin(), counts.end(), [](float count) { return !std::isfinite(count); });
  if (not_a_number > 0)
    fail(ErrorKind::data, band.path, ": ", not_a_number, " pixels of band ", band.band,
         " are NaN or infinite: cut both images to a part without (gdal_translate -projwin)");
  const auto nodata = band.described.nodata;
  if (!nodata || options.ignore_nodata) return;
  const auto missing = std::count(counts.begin(), counts.end(), static_cast<float>(*nodata));
  if (missing > 0)
    fail(ErrorKind::data, band.path, ": ", missing, " pixels of band ", band.band, " are nodata (", *nodata,
         "): cut both images to a part without (gdal_translate -projwin), or give --ignore-nodata to take them for counts");
}

void check_range(const OfferedBand& band, std::span<const float> counts, const BandRange& range, const SceneOptions& options) {
  constexpr double most = 0.001;
  if (options.allow_range) return;
  const auto outside = [&](float count) {
    const double value = range.value(count);
    return value < 0 || value > 1;
  };
  const double share = static_cast<double>(std::count_if(counts.begin(), counts.end(), outside)) / static_cast<double>(counts.size());
  if (share <= most) return;
  const auto [lowest, highest] = std::minmax_element(counts.begin(), counts.end());
  fail(ErrorKind::data, band.path, ": ", 100 * share, " % of the pixels of band ", band.band, " (", *lowest, " to ", *highest,
       ") lie outside the range ", range.zero, " to ", range.one,
       ": give the --max-val of these images (2047 for 11-bit counts), or --allow-range");
}

}  // namespace

Tensor<float> read_counts(const OfferedBand& band, const BandRange& range, const SceneOptions& options) {
  Tensor<float> counts = read_raster(band.path, {band.band});
  check_nodata(band, counts.values(), options);
  check_range(band, counts.values(), range, options);
  return counts;
}

}  // namespace premix
