#pragma once

#include <string>

#include "pansharpen/arguments.hpp"
#include "premix/infer/sharpener/scene_sharpener.hpp"
#include "premix/metrics/consistency.hpp"

namespace premix::cli {

/// What was found: sizes, bands, ranges, nodata, warnings.
void print_scene(const Scene& scene, const Arguments& arguments);

/// How fast it went, what was clipped, and how the product agrees with the MS.
void print_result(const Scene& scene, const SceneProgress& work, const ProductReport& product,
                  const std::optional<Consistency>& consistency, bool network);

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
