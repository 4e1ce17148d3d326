#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "premix/nn/premix.hpp"

namespace premix {

/// Purpose of weights. best: large networks, for the best images. fast: small networks.
enum class WeightsQuality { best, fast };

/// Returns the quality named best or fast. Throws a usage Error for other names.
WeightsQuality weights_quality_by_name(const std::string& name);
const char* weights_quality_name(WeightsQuality quality);

/// Information needed to use weights, besides their architecture. Stored in the metadata of the file (docs/weights.md).
struct WeightsInfo {
  std::string sensor = {};                // of the training images, as named by the user, or empty
  std::vector<std::string> sensors = {};  // sensors that the weights are for; empty: any
  WeightsQuality quality = WeightsQuality::best;
  std::vector<std::string> bands = {};  // names of the MS bands in order, or empty
  double max_val = 0;                   // count that becomes 1; 0: unknown
  /// For bands of different ranges: value = scale * count + offset, for each MS band and then PAN. Empty: value = count
  /// / max_val.
  std::vector<double> scale = {}, offset = {};
  double ratio = 4;                 // PAN pixels along one MS pixel
  std::string degradation = {};     // description of how training images were reduced
  int clahe_cell = 0;               // cell size of contrast equalisation on training PANs, in pixels; 0: unknown
  std::string premix_version = {};  // version that wrote the file
  std::string manifest = "{}";      // JSON: options of the training
};

/// Number format of weights in a file. full: that of the model. float16: half the bytes of float, 11 significant bits.
enum class WeightsStorage { full, float16 };

/// Returns the storage named full or float16. Throws a usage Error for other names.
WeightsStorage weights_storage_by_name(const std::string& name);

/// Writes the weights as safetensors under the published names, atomically, with architecture and info as metadata.
/// float16 rounds to nearest, ties to even. Throws a run-time Error that names the tensor if a value exceeds the
/// storage's range.
template <Real T>
void save_weights(const std::filesystem::path& path, const PreMix<T>& model, const WeightsInfo& info,
                  WeightsStorage storage = WeightsStorage::full);

/// Properties of the mixing that tensors do not show, for files without metadata (converted from the published code).
/// Give the values used in training.
struct MixingHint {
  std::optional<Activation> activation = {};
  std::optional<double> beta = {};  // as in PreMixConfig; not needed if trainable
};

struct Weights {
  PreMix<float> model;
  WeightsInfo info;
};

/// Reads weights of save_weights or save_training_state, or any safetensors file with the published names, optionally
/// prefixed "model.". The architecture comes from the metadata, and the tensors must match it. Without metadata it
/// comes from the tensors and the hint. Throws a data Error that names file and remedy: missing, additional or
/// misshapen tensors, infinite or NaN values, invalid metadata, unknown activation.
Weights load_weights(const std::filesystem::path& path, const MixingHint& hint = {});

}  // namespace premix
