#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/infer/grid.hpp"
#include "premix/infer/scene_source.hpp"

namespace premix::bench {

/// A scene in memory, image values about [0, 1], all pixels valid.
struct MemoryScene {
  std::string name;
  Tensor<float> ms;     // (1, h, w, B)
  Tensor<float> pan;    // (1, H, W, 1)
  GridMap map;          // from PAN pixels to MS pixels
  Tensor<float> truth;  // (1, H', W', B): what the fused image is compared with; empty if unknown

  SceneSource source() const;  // refers to this object
};

/// A way to fuse a scene: (1, H, W, B), unclipped.
struct Method {
  std::string name;
  std::function<Tensor<float>(const MemoryScene& scene)> fuse;
};

/// bicubic, GSA and MTF-GLP.
std::vector<Method> classical_methods();

/// A network, as premix-pansharpen runs it.
Method network_method(const std::filesystem::path& weights);

/// Scenes of the test split of landsat7-nbu: PAN of 15 m, MS of 60 m; truth: the MS of 30 m.
std::vector<MemoryScene> landsat7_native(const std::filesystem::path& folder);

enum class Reduction { published, mtf };

/// The same scenes reduced by 4 from the MS of 60 m, the truth.
std::vector<MemoryScene> landsat7_reduced(const std::filesystem::path& folder, Reduction reduction);

/// A Landsat-8 scene reduced by 2 with an MTF of gain 0.3 (PAN 0.15). Truth: the MS.
MemoryScene landsat8_reduced(const std::filesystem::path& folder);

/// Blocks of 96 x 96 MS pixels of a Landsat-8 scene that trainings leave out: the last 192 rows, or columns if the
/// scene is wider than high.
std::vector<Window> test_blocks(const MemoryScene& scene);

/// worldview2-rotterdam, its shift corrected. No truth.
MemoryScene worldview2(const std::filesystem::path& folder);

}  // namespace premix::bench
