#include "premix/infer/scene/scene.hpp"

#include <memory>

#include "infer/scene/count_reader.hpp"
#include "infer/scene/scene_bands.hpp"
#include "infer/scene/scene_files.hpp"
#include "infer/scene/scene_output.hpp"
#include "infer/scene/scene_placement.hpp"
#include "infer/scene/scene_range.hpp"
#include "infer/scene/scene_samples.hpp"
#include "premix/core/error.hpp"

namespace premix {

using infer::CountReader;
using infer::CountSource;
using infer::OfferedBand;
using infer::OutputNodata;
using infer::SceneImage;

namespace {

SceneImage describe_pan(const std::string& source, const SceneOptions& options) {
  SceneImage pan = infer::describe_image({source}, options.data_type);
  if (pan.bands.size() != 1)
    fail(ErrorKind::data, pan.path, ": ", pan.bands.size(), " bands, PAN has 1. Name it: ", pan.path, ",band=1");
  return pan;
}

std::optional<double> nodata_of(const OfferedBand& band, const SceneOptions& options) {
  if (options.ignore_nodata) return std::nullopt;
  return options.nodata ? options.nodata : band.described.nodata;
}

// Parameters of all readers of an image.
struct ImageToRead {
  std::vector<CountSource> sources;
  std::vector<BandRange> ranges;
  Window whole;
  const char* function;  // reading function, for messages
};

std::vector<CountSource> count_sources(const std::vector<OfferedBand>& bands, const SceneOptions& options) {
  std::vector<CountSource> sources;
  for (const OfferedBand& band : bands)
    sources.push_back(
        {.path = band.path, .band = band.band, .nodata = nodata_of(band, options), .masked = !options.ignore_nodata});
  return sources;
}

ReadPixels read_by(std::shared_ptr<CountReader> reader, const ImageToRead& image) {
  return [=](const Window& window, float* values, std::uint8_t* valid) {
    PREMIX_CHECK(!window.empty() && window.intersection(image.whole) == window, image.function, ": window of ",
                 window.width, " x ", window.height, " pixels from column ", window.left, ", row ", window.top,
                 " is empty or leaves the image of ", image.whole.width, " x ", image.whole.height);
    reader->read(window, image.ranges, values, valid);
  };
}

ReadPixels opened(const ImageToRead& image) { return read_by(std::make_shared<CountReader>(image.sources), image); }

void set_nodata(Scene& scene, const OutputNodata& nodata, bool needed) {
  for (RasterBand& band : scene.output.bands)
    band.nodata = nodata.named || needed ? std::optional(nodata.value) : std::nullopt;
  scene.output_nodata_chosen = needed && !nodata.named;
}

void append(std::vector<Message>& to, const std::vector<Message>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

WantedBands wanted_by(const PreMixConfig& config, const WeightsInfo& info) {
  return {.count = static_cast<std::size_t>(config.bands),
          .names = info.bands,
          .ratio = info.ratio,
          .max_val = info.max_val,
          .scale = info.scale,
          .offset = info.offset};
}

Scene open_scene(const std::string& pan_source, const std::vector<std::string>& ms_sources, const WantedBands& wanted,
                 const SceneOptions& options) {
  if (options.nodata && options.ignore_nodata)
    fail(ErrorKind::usage, Option("nodata"), " and ", Option("ignore_nodata"), " exclude each other. Set one of them.");
  if (ms_sources.empty()) fail(ErrorKind::usage, "a scene needs at least one MS file");
  const SceneImage pan = describe_pan(pan_source, options), ms = infer::describe_image(ms_sources, options.data_type);
  const infer::ChosenBands chosen = infer::choose_bands(ms, wanted, options.bands);
  const auto pan_reader = std::make_shared<CountReader>(count_sources(pan.bands, options)),
             ms_reader = std::make_shared<CountReader>(count_sources(chosen.bands, options));
  std::optional<double> max_val = options.max_val, measured;
  if (!max_val && wanted.needs_range && wanted.max_val == 0 && wanted.scale.empty()) {
    infer::MeasuredImage images[] = {{*pan_reader, pan.info.height, pan.info.width, 1},
                                     {*ms_reader, ms.info.height, ms.info.width, chosen.bands.size()}};
    measured = infer::measured_max_val(ms.path, images);
    max_val = measured;
  }
  const std::vector<BandRange> ranges = infer::ranges_of(wanted, max_val, chosen.bands, pan.bands.front());
  const std::vector<BandRange> ms_ranges(ranges.begin(), ranges.end() - 1), pan_range(ranges.end() - 1, ranges.end());

  Scene scene;
  SceneGeometry& geometry = scene.source.geometry;
  geometry = {.pan_height = pan.info.height,
              .pan_width = pan.info.width,
              .ms_height = ms.info.height,
              .ms_width = ms.info.width,
              .bands = static_cast<std::int64_t>(chosen.bands.size()),
              .map = infer::map_scene(pan, ms, wanted.ratio, options),
              .part = {}};
  if (options.assume_aligned && pan.info.geo.has_geotransform && ms.info.geo.has_geotransform)
    scene.warnings.push_back(message("both images have geotransforms, which ", Option("assume_aligned"), " overrides"));
  const infer::ScenePlace place = infer::place_scene(geometry.map, pan, ms, options, scene.warnings);
  geometry.part = place.part;
  scene.product = place.product;
  scene.pan = {"pan", pan.path, pan.bands.front().band};
  for (std::size_t band = 0; band < chosen.bands.size(); ++band)
    scene.bands.push_back({chosen.names[band], chosen.bands[band].path, chosen.bands[band].band});
  scene.matched_by = chosen.by;
  scene.ranges = ms_ranges;
  scene.pan_range = ranges.back();

  const ImageToRead pan_image = {count_sources(pan.bands, options), pan_range, pan.whole(), "read_pan"},
                    ms_image = {count_sources(chosen.bands, options), ms_ranges, ms.whole(), "read_ms"};
  scene.measured_max_val = measured;
  const bool check_range =
      !options.allow_range && !measured && (wanted.needs_range || options.max_val || wanted.max_val != 0);
  append(scene.warnings, infer::check_counts(*ms_reader, chosen.bands, ms_ranges,
                                             infer::ms_under(geometry.map, place.part, ms.grid()), check_range));
  append(scene.warnings, infer::check_counts(*pan_reader, pan.bands, pan_range, place.part, check_range));
  scene.source.read_pan = read_by(pan_reader, pan_image);
  scene.source.read_ms = read_by(ms_reader, ms_image);
  scene.source.another_reader = [=] { return SceneReader{opened(pan_image), opened(ms_image)}; };

  scene.output = infer::describe_output(pan, ms, chosen, place.product, options);
  const OutputNodata nodata = infer::output_nodata(scene.output, pan.bands.front().described.nodata, options);
  const bool needed = !place.served || pan_reader->may_be_invalid() || ms_reader->may_be_invalid();
  set_nodata(scene, nodata, needed);
  return scene;
}

void use_map(Scene& scene, const GridMap& map) {
  SceneGeometry& geometry = scene.source.geometry;
  geometry.map = map;
  const bool has_nodata = !scene.output.bands.empty() && scene.output.bands.front().nodata;
  if (!has_nodata && !infer::serves(map, scene.product, {geometry.ms_width, geometry.ms_height}))
    set_nodata(scene, infer::output_nodata(scene.output, std::nullopt, {}), true);
}

}  // namespace premix
