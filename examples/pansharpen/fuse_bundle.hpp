#pragma once

#include <memory>
#include <optional>

#include "pansharpen/arguments.hpp"
#include "premix/infer/sharpener/scene_sharpener.hpp"

namespace premix::cli {

/// A network ready to fuse, for as many scenes as wanted; or none, for classical methods, which are made for each
/// scene.
class Fuser {
 public:
  explicit Fuser(const Arguments& arguments);

  /// Fuses one scene. Throws an Error where it can't be done; nothing is then under the output's name.
  void operator()(const Bundle& bundle) const;

 private:
  SceneSharpener sharpener_for(const Scene& scene) const;
  WantedBands wanted_bands() const;
  bool measure_shift(Scene& scene) const;
  std::map<std::string, std::string> key_of(const Bundle& bundle, const Scene& scene) const;

  const Arguments& arguments_;
  std::optional<Weights> weights_;
  std::optional<SceneSharpener> network_;
};

}  // namespace premix::cli
