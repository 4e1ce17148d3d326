#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "premix/core/device.hpp"
#include "premix/infer/baselines/classical.hpp"
#include "premix/infer/scene/scene.hpp"
#include "premix/infer/sharpener/scene_sharpener.hpp"
#include "premix/infer/shift/shift.hpp"
#include "premix/infer/weights_catalogue.hpp"
#include "premix/io/checkpoint.hpp"
#include "premix/io/product.hpp"
#include "premix/metrics/consistency.hpp"
#include "premix/metrics/periodicity.hpp"

namespace premix {

/// Files of one scene. PAN and MS are GDAL rasters; "FILE,band=N" selects one band of FILE.
struct SceneFiles {
  std::string pan = {};
  std::vector<std::string> ms = {};  // one image, in one or several files
  std::string out = {};
};

/// Fusion by a trained network.
struct NetworkFusion {
  std::string weights;     // safetensors file of save_weights(), or the name of installed weights
  MixingHint mixing = {};  // for weights without metadata
  Device device = cpu();
  Precision precision = Precision::float32;
  /// Side of a contrast equalisation cell, PAN pixels: a multiple of 4, at least 16. Default: the cell of the training
  /// images times the ratio.
  std::optional<std::int64_t> clahe_cell = {};
};

/// Fusion by a classical method, on the CPU.
struct ClassicalFusion {
  ClassicalMethod method = ClassicalMethod::exp;
  ClassicalOptions options = {};
  Resampling resampling = Resampling::cubic;
};

/// Fusion by the installed weights that fit each scene (WeightsCatalogue::choose), or by MTF-GLP where none fit. A
/// known sensor sets the value range of weights for any sensor and of weights without a range, unless
/// SceneOptions::max_val does.
struct AutomaticFusion {
  std::optional<std::string> sensor = {};  // default: by the scene's metadata, file names or TIFF descriptions
  WeightsQuality quality = WeightsQuality::best;
  Device device = cpu();  // of a network
  Precision precision = Precision::float32;
  std::optional<std::int64_t> clahe_cell = {};  // as in NetworkFusion
};

using FusionMethod = std::variant<NetworkFusion, ClassicalFusion, AutomaticFusion>;

struct FuseSceneOptions {
  SceneOptions scene = {};
  RasterOutput output = {};
  Overviews overviews = Overviews::none;
  std::optional<Shift> shift = {};                  // of the MS content, to be corrected
  bool correct_shift = false;                       // measures the shift and corrects it; excludes shift
  bool check_shift = false;                         // measures the shift, if nothing corrects it
  int back_projections = 0;                         // SharpenOptions::back_projections
  std::int64_t max_memory = std::int64_t{4} << 30;  // bytes, including GDAL's block cache
  bool measure_consistency = true;                  // reads the MS a second time
  bool measure_periodicity = true;                  // reads the PAN a second time
  bool resume = false;                              // continues an interrupted run of the same files and options
  double journal_seconds = 30;                      // between journal entries, for resume
};

/// Outcome of AutomaticFusion for a scene.
struct MethodChoice {
  std::string name = {};               // of the weights; empty: MTF-GLP
  std::string weights = {};            // path
  std::string reason = {};             // one line, in words
  std::optional<double> max_val = {};  // the sensor's, if it sets the value range
};

/// An opened scene.
struct InspectedScene : SceneDescription {
  SceneGeometry geometry;
  std::optional<MethodChoice> choice = {};  // by AutomaticFusion
  std::optional<ShiftReport> shift = {};  // if measured
};

/// A fused scene. geometry.map is the corrected map.
struct SceneReport : InspectedScene {
  SceneProgress progress = {};                  // at the end
  ProductReport file = {};                      // clipped shares and bytes of the output
  std::optional<Consistency> consistency = {};  // with the MS; empty after a resume: earlier pieces are not measured
  std::optional<Periodicity> periodicity = {};  // of the unrounded pixels; empty after a resume, or without a block
};

/// Optional callbacks of a run.
struct SceneCallbacks {
  std::function<void(const InspectedScene&)> opened = {};          // before measurement and fusion
  std::function<void(const InspectedScene&)> shift_measured = {};  // with FuseSceneOptions::correct_shift
  std::function<bool(const SceneProgress&)> progress = {};         // returns false to stop
  /// Takes the finished share, 0 to 1, of conversion and overviews. Returns false to stop.
  std::function<bool(double)> finishing = {};
};

/// Fuses files. Keeps the network loaded for any number of scenes, with AutomaticFusion while the choice stays the
/// same.
///
/// The output appears under its name when complete. Its metadata domain PREMIX records version, method, weights and
/// ranges. A failed run keeps its files for resume if the journal holds pieces, and its error says so; else it leaves
/// nothing. Resume requires the same files and the same value of every option that changes pixels.
class SceneFuser {
 public:
  /// Loads the weights, if they are known. Sets GDAL's block cache, for the whole process, to its share of max_memory.
  /// Throws like load_weights() and SceneSharpener; a usage Error for contradicting options.
  explicit SceneFuser(const FusionMethod& method, const FuseSceneOptions& options = {});
  SceneFuser(SceneFuser&&) noexcept;
  SceneFuser& operator=(SceneFuser&&) noexcept;
  ~SceneFuser();

  /// Fuses one scene. Throws like open_scene(), classical_fusion(), SceneSharpener::run() and ProductWriter; a usage
  /// Error if the output is an input; a run-time Error if a callback stopped the run.
  SceneReport operator()(const SceneFiles& files, const SceneCallbacks& callbacks = {}) const;

  /// Opens a scene and measures its shift; writes nothing. files.out may be empty.
  InspectedScene inspect(const SceneFiles& files, const SceneCallbacks& callbacks = {}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Fuses one scene: SceneFuser(method, options)(files, callbacks).
SceneReport fuse_scene(const SceneFiles& files, const FusionMethod& method, const FuseSceneOptions& options = {},
                       const SceneCallbacks& callbacks = {});

}  // namespace premix
