#pragma once

#include <optional>

#include "premix/io/checkpoint.hpp"
#include "premix/io/safetensors.hpp"

namespace premix::io {

/// Sets the metadata of a weights file: what format the names follow, architecture and info, manifest.
void set_weights_metadata(SafetensorsWriter& writer, const PreMixConfig& config, const WeightsInfo& info);

struct WeightsMetadata {
  PreMixConfig config;
  WeightsInfo info;
};

/// What set_weights_metadata wrote; nothing where the file has none. Throws a data Error where it is not sound.
std::optional<WeightsMetadata> weights_metadata(const SafetensorsReader& reader);

}  // namespace premix::io
