#include "premix/infer/scene/fuse_scene.hpp"

#include <algorithm>
#include <filesystem>

#include "infer/scene/resume_key.hpp"
#include "infer/scene/scene_methods.hpp"
#include "infer/sharpener/memory_plan.hpp"
#include "premix/config.hpp"
#include "premix/core/error.hpp"
#include "premix/infer/periodicity_meter.hpp"
#include "premix/infer/projection/consistency_meter.hpp"

namespace premix {
namespace {

constexpr double gdal_cache_share = 1.0 / 32, least_gdal_cache = 8e6, most_gdal_cache = 256e6;

std::int64_t gdal_cache(std::int64_t max_memory) {
  return static_cast<std::int64_t>(
      std::clamp(static_cast<double>(max_memory) * gdal_cache_share, least_gdal_cache, most_gdal_cache));
}

// Throws a usage Error if the limit has no room for both a run and GDAL's cache.
void check_memory(std::int64_t max_memory, const SceneSharpener& sharpener, const SceneGeometry& scene) {
  const auto run = static_cast<double>(sharpener.least_memory(scene));
  const double cache = std::clamp(run / (1 / gdal_cache_share - 1), least_gdal_cache, most_gdal_cache);
  infer::check_max_memory(max_memory, static_cast<std::int64_t>(run + cache) + 1);
}

void check_output(const SceneFiles& files, const std::string& weights, const RasterOutput& output) {
  std::vector<std::string> inputs = files.ms;
  inputs.push_back(files.pan);
  inputs.push_back(weights);
  for (const std::string& input : inputs) {
    std::error_code none;
    if (std::filesystem::equivalent(infer::file_of_source(input), files.out, none))
      fail(ErrorKind::usage, files.out, ": the output is also an input. Choose another name.");
  }
  if (files.out.starts_with("/vsimem/"))
    fail(ErrorKind::usage, files.out, ": memory of this program, lost at its end. Choose a name on a disk.");
  if (!files.out.starts_with("/vsi")) check_can_write(files.out, output.existing);
}

// Origin of a product's pieces: they begin at multiples of `step` in the PAN.
std::int64_t first_piece(std::int64_t product, std::int64_t step) { return -(((product % step) + step) % step); }

void copy_description(InspectedScene& report, const Scene& scene) {
  static_cast<SceneDescription&>(report) = scene;
  report.geometry = scene.source.geometry;
}

// What a run measures of its product.
class SceneMeters {
 public:
  SceneMeters() = default;
  SceneMeters(const SceneSource& source, const FuseSceneOptions& options) {
    if (!options.measure_consistency && !options.measure_periodicity) return;
    const SceneReader reader = source.another_reader();
    if (options.measure_consistency) consistency_.emplace(source.geometry, reader.read_ms);
    if (options.measure_periodicity) periodicity_.emplace(source.geometry, reader.read_pan);
  }

  void add(const Window& piece, const float* values, const std::uint8_t* valid) {
    if (consistency_) consistency_->add(piece, values, valid);
    if (periodicity_) periodicity_->add(piece, values, valid);
  }

  void report(SceneReport& report) const {
    if (consistency_) report.consistency = consistency_->result();
    if (periodicity_) report.periodicity = periodicity_->result();
  }

 private:
  std::optional<ConsistencyMeter> consistency_;
  std::optional<PeriodicityMeter> periodicity_;
};

// One run: a scene into its product.
class SceneRun {
 public:
  SceneRun(const Scene& scene, const SceneFiles& files, const SceneCallbacks& callbacks)
      : scene_(scene), files_(files), callbacks_(callbacks) {}

  void fuse(const SceneSharpener& sharpener, ProductWriter& writer, const FuseSceneOptions& options,
            SceneReport& report) {
    SceneMeters meters;
    if (writer.pieces_done() == 0) meters = SceneMeters(scene_.source, options);  // measures all pieces or none
    SceneSink sink;
    sink.pieces_done = writer.pieces_done();
    sink.write = [&](const Window& window, const float* values, const std::uint8_t* valid) {
      meters.add(window, values, valid);
      const Window& product = scene_.product;
      writer.write({window.top - product.top, window.left - product.left, window.height, window.width}, values, valid);
    };
    const bool done = sharpener.run(scene_.source, sink, [&](const SceneProgress& progress) {
      report.progress = progress;
      return !callbacks_.progress || callbacks_.progress(progress);
    });
    if (!done) fail(ErrorKind::runtime, files_.out, ": stopped");
    report.file = writer.finish([&](double share) {
      if (callbacks_.finishing && !callbacks_.finishing(share)) fail(ErrorKind::runtime, "stopped");
    });
    meters.report(report);
  }

 private:
  const Scene& scene_;
  const SceneFiles& files_;
  const SceneCallbacks& callbacks_;
};

[[noreturn]] void abandon(ProductWriter& writer, const std::exception& error) {
  writer.abandon();
  const Message left = writer.left_behind();
  const auto* known = dynamic_cast<const Error*>(&error);
  const Message what = known != nullptr ? known->message() : message(error.what());
  throw Error(known != nullptr ? known->kind() : ErrorKind::runtime,
              left.text().empty() ? what : message(what, what.text().ends_with('.') ? " " : ". ", left));
}

}  // namespace

struct SceneFuser::State {
  FuseSceneOptions options;
  infer::SceneMethods methods;

  struct Opened {
    Scene scene;
    std::shared_ptr<const infer::PreparedMethod> method;
  };

  State(const FusionMethod& chosen, const FuseSceneOptions& wanted)
      : options(wanted), methods(chosen, wanted.max_memory - gdal_cache(wanted.max_memory), wanted.back_projections) {}

  Opened open(const SceneFiles& files, const SceneCallbacks& callbacks, InspectedScene& report) {
    auto [method, choice] = methods.method_for(files, options.scene);
    if (!files.out.empty()) check_output(files, method->weights(), options.output);
    SceneOptions with_range = options.scene;
    if (choice && choice->max_val) with_range.max_val = choice->max_val;
    Scene scene = open_scene(files.pan, files.ms, method->wanted(), with_range);
    report.choice = std::move(choice);
    copy_description(report, scene);
    if (callbacks.opened) callbacks.opened(report);
    return {std::move(scene), std::move(method)};
  }

  void align(Scene& scene, const SceneCallbacks& callbacks, InspectedScene& report) const {
    std::optional<Shift> shift = options.shift;
    if (options.correct_shift) {
      report.shift = estimate_shift(scene.source);
      if (callbacks.shift_measured) callbacks.shift_measured(report);
      shift = report.shift->recommended;
    } else if (options.check_shift && !shift) {
      try {
        report.shift = estimate_shift(scene.source);
      } catch (const Error& error) {  // images too small or too smooth to tell a shift
        if (error.kind() != ErrorKind::data) throw;
      }
    }
    if (shift) use_map(scene, corrected(scene.source.geometry.map, shift->dx, shift->dy));
    copy_description(report, scene);
  }

  ProductWriter writer_for(const SceneFiles& files, Scene& scene, const infer::PreparedMethod& method,
                           const SceneSharpener& sharpener) const {
    std::map<std::string, std::string> key = infer::scene_key(files, scene, options.scene);
    key.insert(method.key().begin(), method.key().end());
    std::map<std::string, std::string>& metadata = scene.output.domains["PREMIX"];
    for (const auto& [name, value] : method.metadata()) metadata[name] = value;
    metadata["VERSION"] = PREMIX_VERSION;
    metadata["RANGES"] = key.at("ranges");
    metadata["MAP"] = key.at("map");
    metadata["PART"] = key.at("part");
    return ProductWriter(files.out, scene.output, scene.ranges,
                         {.output = options.output,
                          .overviews = options.overviews,
                          .resume = options.resume,
                          .key = key,
                          .journal_seconds = options.journal_seconds,
                          .pieces = {.top = first_piece(scene.product.top, sharpener.piece_height()),
                                     .left = first_piece(scene.product.left, sharpener.piece_width()),
                                     .height = sharpener.piece_height(),
                                     .width = sharpener.piece_width()}});
  }
};

SceneFuser::SceneFuser(const FusionMethod& method, const FuseSceneOptions& options) {
  if (options.shift && options.correct_shift)
    fail(ErrorKind::usage, Option("shift"), " and ", Option("correct_shift"), " exclude each other. Leave one out.");
  set_gdal_cache(gdal_cache(options.max_memory));
  state_ = std::make_unique<State>(method, options);
}
SceneFuser::SceneFuser(SceneFuser&&) noexcept = default;
SceneFuser& SceneFuser::operator=(SceneFuser&&) noexcept = default;
SceneFuser::~SceneFuser() = default;

SceneReport SceneFuser::operator()(const SceneFiles& files, const SceneCallbacks& callbacks) const {
  if (files.out.empty()) fail(ErrorKind::usage, "SceneFuser: no output. Set SceneFiles::out.");
  SceneReport report;
  auto [scene, method] = state_->open(files, callbacks, report);
  state_->align(scene, callbacks, report);
  std::optional<SceneSharpener> own;
  const SceneSharpener& sharpener = method->sharpener(scene.source, own);
  check_memory(state_->options.max_memory, sharpener, scene.source.geometry);
  ProductWriter writer = state_->writer_for(files, scene, *method, sharpener);
  try {
    SceneRun(scene, files, callbacks).fuse(sharpener, writer, state_->options, report);
  } catch (const std::exception& error) {
    abandon(writer, error);
  }
  return report;
}

InspectedScene SceneFuser::inspect(const SceneFiles& files, const SceneCallbacks& callbacks) const {
  InspectedScene report;
  const Scene scene = state_->open(files, callbacks, report).scene;
  report.shift = estimate_shift(scene.source);
  if (callbacks.shift_measured) callbacks.shift_measured(report);
  return report;
}

SceneReport fuse_scene(const SceneFiles& files, const FusionMethod& method, const FuseSceneOptions& options,
                       const SceneCallbacks& callbacks) {
  return SceneFuser(method, options)(files, callbacks);
}

}  // namespace premix
