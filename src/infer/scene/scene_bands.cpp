#include "infer/scene/scene_bands.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "premix/core/error.hpp"

namespace premix::infer {
namespace {

// Band name in a file: its description, else its colour.
std::string name_of(const OfferedBand& band) {
  static const std::vector<std::string> colors = {"Red", "Green", "Blue"};
  const std::string& color = band.described.color_interpretation;
  if (!band.described.description.empty()) return band.described.description;
  return std::find(colors.begin(), colors.end(), color) != colors.end() ? color : "";
}

BandMatch match(const SceneImage& ms, const std::vector<std::string>& wanted, const std::vector<int>& numbers) {
  if (!numbers.empty()) return numbered_bands(wanted, numbers, static_cast<int>(ms.bands.size()));
  std::vector<std::string> found;
  for (const OfferedBand& band : ms.bands) found.push_back(name_of(band));
  try {
    return match_bands(wanted, found);
  } catch (const Error& error) {
    fail(error.kind(), ms.path, ": ", error.message());
  }
}

// Output counts are not limited to the range.
BandRange range_of(double zero, double one) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return {.zero = zero, .one = one, .lowest = -infinity, .highest = infinity};
}

// Converts a range in counts of the first band to the same physical values in counts of another band. Bands without
// scale and offset get it unchanged.
BandRange rescaled(const BandRange& range, const RasterBand& first, const RasterBand& other) {
  const auto scaled = [](const RasterBand& band) { return (band.scale != 1 || band.offset != 0) && band.scale != 0; };
  if (!scaled(first) || !scaled(other) || (first.scale == other.scale && first.offset == other.offset)) return range;
  const auto count = [&](double of_first) {
    return (first.offset + first.scale * of_first - other.offset) / other.scale;
  };
  return range_of(count(range.zero), count(range.one));
}

}  // namespace

ChosenBands choose_bands(const SceneImage& ms, const WantedBands& wanted, const std::vector<int>& numbers) {
  const std::size_t all = numbers.empty() ? ms.bands.size() : numbers.size();
  std::vector<std::string> names = wanted.names;
  names.resize(wanted.count == 0 ? all : wanted.count);
  const BandMatch matched = match(ms, names, numbers);
  ChosenBands chosen = {.bands = {}, .names = std::move(names), .by = matched.by};
  for (std::size_t band = 0; band < matched.bands.size(); ++band) {
    chosen.bands.push_back(ms.bands[static_cast<std::size_t>(matched.bands[band] - 1)]);
    if (chosen.names[band].empty()) chosen.names[band] = name_of(chosen.bands[band]);
  }
  return chosen;
}

std::vector<BandRange> ranges_of(const WantedBands& wanted, const std::optional<double>& max_val,
                                 const std::vector<OfferedBand>& ms, const OfferedBand& pan) {
  const std::size_t count = ms.size() + 1;
  std::vector<BandRange> ranges(count);
  if (!max_val && wanted.scale.size() == count && wanted.offset.size() == count) {
    for (std::size_t band = 0; band < count; ++band)
      ranges[band] =
          range_of(-wanted.offset[band] / wanted.scale[band], (1 - wanted.offset[band]) / wanted.scale[band]);
    return ranges;
  }
  const bool unknown = !max_val && wanted.max_val == 0;
  const double one = unknown && !wanted.needs_range ? 1 : max_val.value_or(wanted.max_val);
  if (!(std::isfinite(one) && one > 0))
    fail(ErrorKind::usage, "value range unknown, the weights lack it. Set ", Option("max_val"),
         " (2047 for 11-bit counts).");
  for (std::size_t band = 0; band < count; ++band) {
    const RasterBand& described = band < ms.size() ? ms[band].described : pan.described;
    ranges[band] = rescaled(range_of(0, one), ms.front().described, described);
  }
  return ranges;
}

}  // namespace premix::infer
