#pragma once

#include "infer/scene/count_reader.hpp"
#include "infer/scene/scene_files.hpp"

namespace premix::infer {

/// An image whose counts are measured.
struct MeasuredImage {
  CountReader& reader;
  std::int64_t height = 0, width = 0;  // pixels
  std::size_t bands = 0;
};

/// Returns the count that becomes 1 for a scene of unknown value range: the largest of its bands' 99.9 % quantiles,
/// rounded up by at most 0.8 %. Reads all pixels, so that it is the same for every part. Throws a data Error if no band
/// has positive valid counts.
double measured_max_val(const std::string& path, std::span<MeasuredImage> images);

}  // namespace premix::infer
