#pragma once

#include <string>

namespace premix::infer {

/// Returns whether text is the path of a file, or looks like one: it contains '/' or ends in .safetensors.
bool is_weights_path(const std::string& text);

}  // namespace premix::infer
