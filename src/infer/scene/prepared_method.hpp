#pragma once

#include <map>
#include <optional>
#include <string>

#include "premix/infer/scene/fuse_scene.hpp"

namespace premix::infer {

/// A fusion method, ready for scenes, with all that scenes and products need to know of it.
class PreparedMethod {
 public:
  /// memory: bytes for a run.
  PreparedMethod(const FusionMethod& method, std::int64_t memory, int back_projections);

  const WantedBands& wanted() const { return wanted_; }

  /// Returns the network's sharpener, which serves all scenes; for a classical method makes the scene's in `own`.
  const SceneSharpener& sharpener(const SceneSource& source, std::optional<SceneSharpener>& own) const;

  /// What the method's pixels depend on, by name.
  const std::map<std::string, std::string>& key() const { return key_; }

  /// Of a product's domain PREMIX.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// Path of the weights; empty for classical methods.
  const std::string& weights() const { return weights_; }

 private:
  void prepare(const NetworkFusion& network);
  void prepare(const ClassicalFusion& classical);

  FusionMethod method_;
  SharpenOptions sharpen_;
  WantedBands wanted_;
  std::optional<SceneSharpener> network_;
  std::string weights_;
  std::map<std::string, std::string> key_, metadata_;
};

}  // namespace premix::infer
