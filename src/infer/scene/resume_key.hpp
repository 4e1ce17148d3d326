#pragma once

#include <map>
#include <string>

#include "premix/infer/scene/fuse_scene.hpp"

namespace premix::infer {

/// The file of a source "FILE" or "FILE,band=N".
std::string file_of_source(const std::string& source);

/// Tells a file from another of the same name: path, size and time of the last change. The path alone where it is no
/// file.
std::string file_state(const std::string& source);

/// What the pixels of a product depend on, by name, the method apart.
std::map<std::string, std::string> scene_key(const SceneFiles& files, const Scene& scene, const SceneOptions& options);

}  // namespace premix::infer
