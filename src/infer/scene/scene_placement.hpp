#pragma once

#include "infer/scene/scene_files.hpp"

namespace premix {

/// Where the PAN's pixels lie in the MS; all checks of geotransforms, CRS and ratio.
GridMap map_scene(const SceneImage& pan, const SceneImage& ms, std::optional<double> ratio,
                  const SceneOptions& options);

/// What is made of a scene, in pixels of the PAN.
struct ScenePlace {
  Window product;      // what the output covers
  Window part;         // of it, what lies on the PAN
  bool served = true;  // all of the product is on the PAN and served by the MS
};

/// Extent and windows. Adds to the warnings what is odd but possible.
ScenePlace place_scene(const GridMap& map, const SceneImage& pan, const SceneImage& ms, const SceneOptions& options,
                       std::vector<Message>& warnings);

/// Whether the MS serves all pixels of the part.
bool serves(const GridMap& map, const Window& part, const Grid& ms);

/// The MS pixels under a part of the PAN, those at its rim included; at least one.
Window ms_under(const GridMap& map, const Window& part, const Grid& ms);

}  // namespace premix
