#include "premix/infer/scene.hpp"

#include <algorithm>
#include <cmath>

#include "infer/scene_inputs.hpp"
#include "premix/core/error.hpp"

namespace premix {
namespace {

// Ranges of the network's MS bands, then of PAN.
std::vector<BandRange> ranges_of(const PreMixConfig& config, const WeightsInfo& info, const SceneOptions& options) {
  const std::size_t count = static_cast<std::size_t>(config.bands) + 1;
  const bool per_band = !options.max_val && info.scale.size() == count && info.offset.size() == count;
  const double max_val = options.max_val.value_or(info.max_val);
  if (!per_band && !(std::isfinite(max_val) && max_val > 0))
    fail(ErrorKind::usage, "value range unknown, the weights don't tell it: give --max-val (2047 for 11-bit counts)");
  std::vector<BandRange> ranges(count);
  for (std::size_t band = 0; band < count; ++band) {
    BandRange& range = ranges[band];
    range.zero = per_band ? -info.offset[band] / info.scale[band] : 0;
    range.one = per_band ? (1 - info.offset[band]) / info.scale[band] : max_val;
    range.lowest = range.zero, range.highest = range.one;
  }
  return ranges;
}

std::vector<std::string> names_wanted(const PreMixConfig& config, const WeightsInfo& info) {
  std::vector<std::string> names = info.bands;
  names.resize(static_cast<std::size_t>(config.bands));
  return names;
}

// What a file calls a band: its description, else its colour.
std::string name_of(const OfferedBand& band) {
  static const std::vector<std::string> colors = {"Red", "Green", "Blue"};
  const std::string& color = band.described.color_interpretation;
  if (!band.described.description.empty()) return band.described.description;
  return std::find(colors.begin(), colors.end(), color) != colors.end() ? color : "";
}

BandMatch choose_bands(const SceneImage& ms, const std::vector<std::string>& wanted, const SceneOptions& options) {
  if (!options.bands.empty()) return numbered_bands(wanted, options.bands, static_cast<int>(ms.bands.size()));
  std::vector<std::string> names;
  for (const OfferedBand& band : ms.bands) names.push_back(name_of(band));
  try {
    return match_bands(wanted, names);
  } catch (const Error& error) {
    fail(error.kind(), ms.path, ": ", error.what());
  }
}

// Bands of single-band files are all "Gray"; their names tell the colours.
RasterBand output_band(const OfferedBand& source, const std::string& wanted, const SceneOptions& options) {
  RasterBand band = source.described;
  if (band.description.empty()) band.description = wanted;
  if (band.color_interpretation == "Gray" || band.color_interpretation == "Undefined" || band.color_interpretation.empty()) {
    const std::string meaning = band_meaning(band.description);
    band.color_interpretation = meaning == "red" ? "Red" : meaning == "green" ? "Green" : meaning == "blue" ? "Blue" : "Undefined";
  }
  if (options.ignore_nodata) band.nodata.reset();
  return band;
}

RasterInfo describe_output(const SceneImage& pan, const SceneImage& ms, const Window& part, const SceneOptions& options) {
  const Grid grid = cropped(pan.grid(), part);
  RasterInfo output;
  output.width = grid.width, output.height = grid.height;
  output.data_type = options.data_type.value_or(ms.info.data_type);
  output.bits = output.data_type == ms.info.data_type ? ms.info.bits : 0;
  output.geo = pan.info.geo;
  output.geo.geotransform = grid.geotransform;
  return output;
}

void store_values(const Tensor<float>& counts, const BandRange& range, Tensor<float>& image, std::int64_t channel) {
  const std::int64_t channels = image.shape().c;
  float* to = image.mutable_data() + channel;
  for (const float count : counts.values()) *to = static_cast<float>(range.value(count)), to += channels;
}

void widen(BandRange& range, const Tensor<float>& counts) {
  const auto values = counts.values();
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  range.lowest = std::min(range.lowest, static_cast<double>(*lowest));
  range.highest = std::max(range.highest, static_cast<double>(*highest));
}

}  // namespace

Scene read_scene(const std::string& pan_source, const std::vector<std::string>& ms_sources, const PreMixConfig& config,
                 const WeightsInfo& info, const SceneOptions& options) {
  const std::vector<BandRange> ranges = ranges_of(config, info, options);
  const SceneImage pan = describe_image({pan_source}, options), ms = describe_image(ms_sources, options);
  if (pan.bands.size() != 1)
    fail(ErrorKind::data, pan.path, ": has ", pan.bands.size(), " bands where PAN has 1: name it (", pan.path, ",band=1)");
  const std::vector<std::string> wanted = names_wanted(config, info);
  const BandMatch match = choose_bands(ms, wanted, options);
  const GridMap map = map_scene(pan, ms, info.ratio, options);
  const Window part = fused_part(map, pan, ms, options.extent);

  Scene scene;
  scene.map = shifted(map, part);
  scene.matched_by = match.by;
  scene.output = describe_output(pan, ms, part, options);
  scene.ms = Tensor<float>({1, ms.info.height, ms.info.width, config.bands});
  for (std::size_t band = 0; band < wanted.size(); ++band) {
    const OfferedBand& source = ms.bands[static_cast<std::size_t>(match.bands[band] - 1)];
    const Tensor<float> counts = read_counts(source, ranges[band], options);
    scene.bands.push_back({wanted[band], source.path, source.band});
    scene.output.bands.push_back(output_band(source, wanted[band], options));
    scene.ranges.push_back(ranges[band]);
    widen(scene.ranges.back(), counts);
    store_values(counts, ranges[band], scene.ms, static_cast<std::int64_t>(band));
  }
  const Tensor<float> counts = crop(read_counts(pan.bands.front(), ranges.back(), options), part);
  scene.pan = Tensor<float>(counts.shape());
  store_values(counts, ranges.back(), scene.pan, 0);
  return scene;
}

}  // namespace premix
