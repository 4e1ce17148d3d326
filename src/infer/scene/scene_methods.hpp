#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "infer/scene/prepared_method.hpp"

namespace premix::infer {

/// Provides the prepared method of each scene, and keeps it while consecutive scenes use the same.
class SceneMethods {
 public:
  /// Prepares the method, unless it is chosen for each scene. memory: limit of a run, bytes.
  SceneMethods(const FusionMethod& method, std::int64_t memory, int back_projections);

  struct ForScene {
    std::shared_ptr<const PreparedMethod> method;
    std::optional<MethodChoice> choice = {};  // by AutomaticFusion
  };

  /// Returns the method of a scene. With AutomaticFusion, reads the headers of the files, and loads weights other than
  /// the last.
  ForScene method_for(const SceneFiles& files, const SceneOptions& options);

 private:
  void prepare(const DecidedMethod& method);

  std::optional<AutomaticFusion> automatic_;
  std::optional<WeightsCatalogue> catalogue_;  // with AutomaticFusion
  std::int64_t memory_;
  int back_projections_;
  std::shared_ptr<const PreparedMethod> prepared_;
};

}  // namespace premix::infer
