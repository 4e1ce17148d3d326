#pragma once

#include "pansharpen/arguments.hpp"

namespace premix::cli {

/// Sizes, bands, ranges, nodata and warnings.
void print_scene(const InspectedScene& scene, const Arguments& arguments);

/// The shift of the MS.
void print_shift(const InspectedScene& scene, const Arguments& arguments);

/// Speed, clipped values, and consistency with the MS.
void print_result(const SceneReport& report, const Arguments& arguments);

/// GDAL's dots; on a terminal a line with rate and time left, which is written anew.
class SceneProgressLine {
 public:
  explicit SceneProgressLine(bool quiet);
  ~SceneProgressLine();
  void operator()(const SceneProgress& progress);

 private:
  bool quiet_, terminal_, open_ = false;
  int printed_ = 0;          // dots
  std::int64_t first_ = -1;  // pixels that an earlier run fused
};

}  // namespace premix::cli
