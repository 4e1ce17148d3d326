#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "premix/io/parameters.hpp"
#include "premix/nn/premix.hpp"

namespace premix {

/// What must be known of weights, beside their architecture, to use them. Kept in the file's metadata; docs/weights.md
/// describes it.
struct WeightsInfo {
  std::string sensor = {};              // as the user named it; empty where nobody did
  std::vector<std::string> bands = {};  // names of the MS bands in order; empty where not known
  double max_val = 0;                   // the count that becomes 1; 0 where not known
  /// Where bands differ in range: value = scale * count + offset, for each MS band and then PAN. Empty: value = count /
  /// max_val.
  std::vector<double> scale = {}, offset = {};
  double ratio = 4;              // PAN pixels along one MS pixel
  std::string degradation = {};  // how the training images were reduced, in words
  int clahe_cell =
      0;  // pixels along a cell of the contrast equalisation of the training images' PAN; 0 where not known
  std::string premix_version = {};  // that wrote the file
  std::string manifest = "{}";      // JSON: what the training was run with
};

/// Writes the weights as safetensors under the published names, atomically, with architecture and info as metadata.
template <Real T>
void save_weights(const std::filesystem::path& path, const PreMix<T>& model, const WeightsInfo& info);

/// What tensors do not tell of the mixing, for files without metadata (converted from the published code's): say it as
/// it was in training.
struct MixingHint {
  std::optional<Activation> activation = {};
  std::optional<double> beta = {};  // as in PreMixConfig; not needed where it is trainable
};

struct Weights {
  PreMix<float> model;
  WeightsInfo info;
};

/// Reads weights written by save_weights or save_training_state, or any safetensors file with the published names,
/// which may begin with "model.". The architecture comes from the metadata, and the tensors must agree with it; without
/// metadata from the tensors and the hint. Throws a data Error that names file and remedy: missing, additional or
/// misshapen tensors, values that are not finite, metadata that are not sound, an activation that is not known.
Weights load_weights(const std::filesystem::path& path, const MixingHint& hint = {});

}  // namespace premix
