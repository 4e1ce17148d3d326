#pragma once

#include "infer/scene/scene_files.hpp"

namespace premix::infer {

/// Map from PAN to MS pixels. Checks geotransforms, CRS and ratio.
GridMap map_scene(const SceneImage& pan, const SceneImage& ms, std::optional<double> ratio,
                  const SceneOptions& options);

/// Output windows of a scene, PAN pixels.
struct ScenePlace {
  Window product;      // extent of the output
  Window part;         // product on the PAN
  bool served = true;  // PAN and MS cover the whole product
};

/// Computes the windows from extent and crop options. Appends warnings on unusual input.
ScenePlace place_scene(const GridMap& map, const SceneImage& pan, const SceneImage& ms, const SceneOptions& options,
                       std::vector<Message>& warnings);

/// Whether the MS covers all pixels of the part.
bool serves(const GridMap& map, const Window& part, const Grid& ms);

/// MS pixels under a part of the PAN, including those at its border; at least one.
Window ms_under(const GridMap& map, const Window& part, const Grid& ms);

}  // namespace premix::infer
