#pragma once

#include <string>

#include "premix/infer/weights_catalogue.hpp"
#include "support/scratch.hpp"

namespace premix::testing {

/// A folder of small weights for tests of the catalogue.
struct WeightsFolder {
  ScratchFolder folder;

  void add(const std::string& name, int bands, const WeightsInfo& info) const {
    save_weights(path(name), PreMix<float>({.bands = bands, .embed_dim = 2}), info);
  }
  std::string path(const std::string& name) const { return (folder / (name + ".safetensors")).string(); }
  std::string text() const { return folder.path().string(); }
  WeightsCatalogue catalogue() const { return WeightsCatalogue({folder.path()}); }
};

}  // namespace premix::testing
