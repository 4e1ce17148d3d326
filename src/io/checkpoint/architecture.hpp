#pragma once

#include <string>

#include "premix/io/safetensors.hpp"
#include "premix/nn/config.hpp"

namespace premix::io {

/// "model." where the tensors' names begin so, as those of a Lightning checkpoint do, else "".
std::string name_prefix(const SafetensorsReader& reader);

/// The architecture that names and shapes of the tensors tell. Activation and hard beta can't be seen in them and stay
/// at their defaults; a trainable beta can. Throws a data Error where these are not the tensors of a PreMix network.
PreMixConfig architecture_of_tensors(const SafetensorsReader& reader, const std::string& prefix);

}  // namespace premix::io
