#pragma once

#include <string>

#include "premix/io/safetensors.hpp"
#include "premix/nn/config.hpp"

namespace premix::io {

/// Returns the common prefix of the tensor names: "model." for a Lightning checkpoint, else "".
std::string name_prefix(const SafetensorsReader& reader);

/// Derives the architecture from the names and shapes of the tensors. Activation and hard beta are not stored in them
/// and keep their defaults; a trainable beta is. Throws a data Error if the tensors are not those of a PreMix network.
PreMixConfig architecture_of_tensors(const SafetensorsReader& reader, const std::string& prefix);

}  // namespace premix::io
