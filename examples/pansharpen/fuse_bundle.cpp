#include "pansharpen/fuse_bundle.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli.hpp"
#include "pansharpen/interrupt.hpp"
#include "pansharpen/scene_report.hpp"
#include "premix/core/error.hpp"
#include "premix/infer/projection/consistency_meter.hpp"

namespace premix::cli {
namespace {

namespace fs = std::filesystem;

std::string without_band(const std::string& source) { return source.substr(0, source.rfind(",band=")); }

void check_out_is_no_input(const Bundle& bundle, const std::string& weights) {
  std::vector<std::string> inputs = bundle.ms;
  inputs.push_back(bundle.pan), inputs.push_back(weights);
  for (const std::string& input : inputs) {
    std::error_code none;
    if (fs::equivalent(without_band(input), bundle.out, none))
      fail(ErrorKind::usage, bundle.out, ": is the output and an input; give the output another name");
  }
}

// What tells a file from another of the same name.
std::string state_of(const std::string& source) {
  std::error_code none;
  const fs::path path = without_band(source);
  const auto size = fs::file_size(path, none);
  if (none) return source;
  return concat(source, ", ", size, " bytes, written at ", fs::last_write_time(path, none).time_since_epoch().count());
}

constexpr double least_gdal_cache = 8e6, most_gdal_cache = 256e6;

std::int64_t gdal_cache(std::int64_t max_memory) {
  return static_cast<std::int64_t>(std::clamp(static_cast<double>(max_memory) / 32, least_gdal_cache, most_gdal_cache));
}

std::int64_t cell_of(const Arguments& arguments, const WeightsInfo& info) {
  if (arguments.clahe_cell) return *arguments.clahe_cell;
  constexpr int usual_cell = 32;  // of patches of 256 x 256 pixels, with which the published network is trained
  const double cell = (info.clahe_cell > 0 ? info.clahe_cell : usual_cell) * info.ratio;
  return std::max<std::int64_t>(16, static_cast<std::int64_t>(cell + 3) / 4 * 4);
}

}  // namespace

Fuser::Fuser(const Arguments& arguments) : arguments_(arguments) {
  set_gdal_cache(gdal_cache(arguments.max_memory));
  if (arguments.weights.empty()) return;
  weights_ = load_weights(arguments.weights, arguments.mixing);
  move_parameters(weights_->model, device_by_name(arguments.device));
  network_.emplace(weights_->model,
                   SharpenOptions{.max_memory = arguments.max_memory - gdal_cache(arguments.max_memory),
                                  .clahe_cell = cell_of(arguments, weights_->info),
                                  .precision = arguments.precision,
                                  .back_projections = arguments.back_projections});
}

WantedBands Fuser::wanted_bands() const {
  if (weights_) return wanted_by(weights_->model.config, weights_->info);
  WantedBands wanted;
  wanted.needs_range = false;
  return wanted;
}

SceneSharpener Fuser::sharpener_for(const Scene& scene) const {
  return SceneSharpener(classical_fusion(*arguments_.method, scene.io, arguments_.classical),
                        {.max_memory = arguments_.max_memory - gdal_cache(arguments_.max_memory),
                         .resampling = arguments_.resampling,
                         .back_projections = arguments_.back_projections});
}

// Returns whether that was all that was wanted.
bool Fuser::measure_shift(Scene& scene) const {
  std::optional<Shift> shift = arguments_.shift;
  if (arguments_.estimate_shift || arguments_.correct_shift) {
    const ShiftReport report = estimate_shift(scene.io);
    std::vector<std::string> names;
    for (const BandSource& band : scene.bands) names.push_back(band.name);
    if (!arguments_.quiet || arguments_.estimate_shift) std::printf("%s", describe(report, names).c_str());
    if (!arguments_.correct_shift) return true;
    shift = report.recommended;
  }
  if (shift) use_map(scene, corrected(scene.io.map, shift->dx, shift->dy));
  return false;
}

std::map<std::string, std::string> Fuser::key_of(const Bundle& bundle, const Scene& scene) const {
  std::map<std::string, std::string> key = {{"version", PREMIX_VERSION}, {"PAN", state_of(bundle.pan)}};
  for (std::size_t i = 0; i < bundle.ms.size(); ++i) key[concat("MS ", i + 1)] = state_of(bundle.ms[i]);
  if (weights_)
    key["weights"] = state_of(arguments_.weights), key["cell"] = concat(cell_of(arguments_, weights_->info));
  key["method"] = arguments_.method ? concat(static_cast<int>(*arguments_.method)) : "premix";
  key["precision"] = concat(static_cast<int>(arguments_.precision));
  key["device"] = weights_ && !(parameters(weights_->model).front().device() == cpu()) ? "GPU" : "CPU";
  key["resampling"] = concat(static_cast<int>(arguments_.resampling));
  key["back-projections"] = concat(arguments_.back_projections);
  const GridMap& map = scene.io.map;
  key["map"] = concat(map.rows.scale, ' ', map.rows.offset, ' ', map.columns.scale, ' ', map.columns.offset);
  const Window& part = scene.io.part;
  key["part"] = concat(part.left, ' ', part.top, ' ', part.width, ' ', part.height);
  for (const BandSource& band : scene.bands) key["bands"] += concat(band.path, ' ', band.band, ' ');
  for (const BandRange& range : scene.ranges) key["ranges"] += concat(range.zero, ' ', range.one, ' ');
  key["ignore nodata"] = arguments_.scene.ignore_nodata ? "yes" : "no";
  return key;
}

void Fuser::operator()(const Bundle& bundle) const {
  if (!bundle.out.empty()) {
    check_out_is_no_input(bundle, arguments_.weights);
    if (bundle.out.starts_with("/vsimem/"))
      fail(ErrorKind::usage, bundle.out, ": is memory of this program and ends with it: give OUT a name on a disk");
    if (!bundle.out.starts_with("/vsi")) check_can_write(bundle.out, arguments_.output.existing);
  }
  Scene scene = open_scene(bundle.pan, bundle.ms, wanted_bands(), arguments_.scene);
  const bool quiet = arguments_.quiet || bundle.out.starts_with("/vsistdout");
  if (!quiet) print_scene(scene, arguments_);
  if (measure_shift(scene)) return;
  std::optional<SceneSharpener> classical;
  if (!network_) classical.emplace(sharpener_for(scene));
  const SceneSharpener& sharpener = network_ ? *network_ : *classical;

  std::map<std::string, std::string>& told = scene.output.domains["PREMIX"];
  told["VERSION"] = PREMIX_VERSION;
  if (weights_)
    told["WEIGHTS"] = fs::path(arguments_.weights).filename().string(),
    told["CLAHE_CELL"] = concat(cell_of(arguments_, weights_->info));
  told["METHOD"] = arguments_.method ? classical_method_name(*arguments_.method) : "premix";
  const std::map<std::string, std::string> key = key_of(bundle, scene);
  told["RANGES"] = key.at("ranges"), told["MAP"] = key.at("map"), told["PART"] = key.at("part");
  if (arguments_.back_projections > 0) told["BACK_PROJECTIONS"] = concat(arguments_.back_projections);

  const Window& product = scene.product;
  const auto first = [](std::int64_t origin, std::int64_t step) { return -(((origin % step) + step) % step); };
  ProductWriter writer(bundle.out, scene.output, scene.ranges,
                       {.output = arguments_.output,
                        .overviews = arguments_.overviews,
                        .resume = arguments_.resume,
                        .key = key,
                        .pieces = {.top = first(product.top, sharpener.piece_height()),
                                   .left = first(product.left, sharpener.piece_width()),
                                   .height = sharpener.piece_height(),
                                   .width = sharpener.piece_width()}});
  std::optional<ConsistencyMeter> meter;  // a run that goes on does not see all
  if (!quiet && writer.pieces_done() == 0)
    meter.emplace(
        scene.io,
        open_scene(bundle.pan, bundle.ms, wanted_bands(), arguments_.scene).io.read_ms);  // a reader of its own
  SceneIo io = scene.io;
  io.pieces_done = writer.pieces_done();
  io.write = [&](const Window& window, const float* values, const std::uint8_t* valid) {
    if (meter) meter->add(window, values, valid);
    writer.write({window.top - product.top, window.left - product.left, window.height, window.width}, values, valid);
  };
  SceneProgress work;
  ProductReport report;
  try {
    SceneProgressLine line(quiet);
    const bool done = sharpener.run(io, [&](const SceneProgress& progress) {
      line(work = progress);
      return !Interrupt::wanted();
    });
    if (!done) fail(ErrorKind::runtime, bundle.out, ": stopped");
    report = writer.finish([](double) {
      if (Interrupt::wanted()) fail(ErrorKind::runtime, "stopped");
    });
  } catch (const std::exception& error) {
    writer.abandon();
    const Message left = writer.left_behind();
    const auto* known = dynamic_cast<const Error*>(&error);
    const Message what = known != nullptr ? known->message() : message(error.what());
    throw Error(known != nullptr ? known->kind() : ErrorKind::runtime,
                left.text().empty() ? what : message(what, "; ", left));
  }
  if (!quiet) print_result(scene, work, report, meter ? meter->result() : std::nullopt, weights_.has_value());
}

}  // namespace premix::cli
