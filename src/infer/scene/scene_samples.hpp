#pragma once

#include "infer/scene/count_reader.hpp"
#include "infer/scene/scene_files.hpp"

namespace premix {

/// Looks at up to 16 windows of 128 x 128 pixels, spread over the part of an image, or at all of it where it is no
/// larger. Throws a data Error where more than 0.1 % of a band's valid pixels lie outside its range. -> a warning where
/// counts are too large to be exact.
std::vector<Message> check_counts(CountReader& reader, const std::vector<OfferedBand>& bands,
                                  std::span<const BandRange> ranges, const Window& part, bool check_range);

/// The windows that are looked at: at most 4 x 4, apart from each other.
std::vector<Window> sample_windows(const Window& part);

}  // namespace premix
