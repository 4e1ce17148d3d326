#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "premix/infer/scene/fuse_scene.hpp"

namespace premix::infer {

/// A method that does not depend on the scene.
using DecidedMethod = std::variant<NetworkFusion, ClassicalFusion>;

/// A fusion method ready for scenes, with its band requirements, resume key and product metadata.
class PreparedMethod {
 public:
  /// memory: limit of a run, bytes.
  PreparedMethod(const DecidedMethod& method, std::int64_t memory, int back_projections);

  const WantedBands& wanted() const { return wanted_; }

  /// Returns the network's sharpener, shared by all scenes, or creates the classical sharpener of this scene in `own`.
  const SceneSharpener& sharpener(const SceneSource& source, std::optional<SceneSharpener>& own) const;

  /// All parameters that the method's pixels depend on, by name.
  const std::map<std::string, std::string>& key() const { return key_; }

  /// Entries for the metadata domain PREMIX of a product.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// Path of the weights; empty for classical methods.
  const std::string& weights() const { return weights_; }

 private:
  void prepare(const NetworkFusion& network);
  void prepare(const ClassicalFusion& classical);

  DecidedMethod method_;
  SharpenOptions sharpen_;
  WantedBands wanted_;
  std::optional<SceneSharpener> network_;
  std::string weights_;
  std::map<std::string, std::string> key_, metadata_;
};

}  // namespace premix::infer
