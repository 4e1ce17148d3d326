#pragma once

#include "pansharpen/arguments.hpp"

namespace premix::cli {

/// Prints the chosen weights, sizes, bands, ranges, nodata and warnings.
void print_scene(const InspectedScene& scene, const Arguments& arguments);

/// Prints the shift of the MS image.
void print_shift(const InspectedScene& scene, const Arguments& arguments);

/// Prints speed, clipped values, patterns in flat areas, and consistency with the MS image.
void print_result(const SceneReport& report, const Arguments& arguments);

/// Progress of a scene. On a terminal, a redrawn line with rate and remaining time; otherwise GDAL's dots.
class SceneProgressLine {
 public:
  explicit SceneProgressLine(bool quiet);
  ~SceneProgressLine();
  void operator()(const SceneProgress& progress);

 private:
  bool quiet_, terminal_, open_ = false;
  int printed_ = 0;  // progress marks
};

}  // namespace premix::cli
