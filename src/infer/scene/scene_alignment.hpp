#pragma once

#include "infer/scene/scene_files.hpp"

namespace premix::infer {

/// Map from the georeference of the files. Throws a data Error with a remedy if georeference is missing, the CRS differ
/// or the axes are not parallel.
GridMap map_by_georeference(const SceneImage& pan, const SceneImage& ms);

}  // namespace premix::infer
