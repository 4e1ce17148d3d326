#pragma once

#include "infer/scene/scene_files.hpp"

namespace premix {

/// Where the PAN's pixels lie in the MS, by what the files say of their place on the ground. Throws a data Error with
/// the command that helps where they say too little, or no CRS in common, or their axes are not parallel.
GridMap map_by_georeference(const SceneImage& pan, const SceneImage& ms);

}  // namespace premix
