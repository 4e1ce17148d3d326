#pragma once

#include <map>
#include <string>

#include "premix/infer/scene/fuse_scene.hpp"

namespace premix::infer {

/// File of a source "FILE" or "FILE,band=N".
std::string file_of_source(const std::string& source);

/// Identifies the state of a file: path, size and modification time. Path only if it is not a file.
std::string file_state(const std::string& source);

/// All that the pixels of a product depend on except the method, by name.
std::map<std::string, std::string> scene_key(const SceneFiles& files, const Scene& scene, const SceneOptions& options);

}  // namespace premix::infer
