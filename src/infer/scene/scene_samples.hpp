#pragma once

#include "infer/scene/count_reader.hpp"
#include "infer/scene/scene_files.hpp"

namespace premix::infer {

/// Samples up to 16 windows of 128 x 128 pixels, spread over the part of an image; smaller parts are read whole. Throws
/// a data Error if more than 0.1 % of a band's valid pixels are out of range. Returns a warning if counts are too large
/// to be exact.
std::vector<Message> check_counts(CountReader& reader, const std::vector<OfferedBand>& bands,
                                  std::span<const BandRange> ranges, const Window& part, bool check_range);

/// Sampled windows: at most 4 x 4, disjoint.
std::vector<Window> sample_windows(const Window& part);

}  // namespace premix::infer
