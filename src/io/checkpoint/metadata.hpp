#pragma once

#include <optional>

#include "premix/io/checkpoint.hpp"
#include "premix/io/safetensors.hpp"

namespace premix::io {

/// Sets the metadata of a weights file: format of the names, architecture, info and manifest.
void set_weights_metadata(SafetensorsWriter& writer, const PreMixConfig& config, const WeightsInfo& info);

struct WeightsMetadata {
  PreMixConfig config;
  WeightsInfo info;
};

/// Reads the metadata written by set_weights_metadata(); empty if the file has none. Throws a data Error if it is
/// invalid.
std::optional<WeightsMetadata> weights_metadata(const SafetensorsReader& reader);

}  // namespace premix::io
