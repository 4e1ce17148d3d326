#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli.hpp"
#include "premix/core/precision.hpp"
#include "premix/infer/baselines/classical.hpp"
#include "premix/infer/scene/scene.hpp"
#include "premix/infer/shift/shift.hpp"
#include "premix/io/checkpoint.hpp"
#include "premix/io/product.hpp"

namespace premix::cli {

/// Files of one scene.
struct Bundle {
  std::string pan;
  std::vector<std::string> ms;
  std::string out;
};

/// What the user wants done with one scene or many.
struct Arguments {
  std::vector<Bundle> bundles;
  std::string weights;                    // empty with a classical method
  std::optional<ClassicalMethod> method;  // else the network
  ClassicalOptions classical;
  Resampling resampling = Resampling::cubic;
  MixingHint mixing;
  SceneOptions scene;
  std::optional<Shift> shift;
  bool estimate_shift = false, correct_shift = false;
  RasterOutput output;
  Overviews overviews = Overviews::none;
  int back_projections = 0;
  std::optional<std::int64_t> clahe_cell;
  std::int64_t max_memory = 0;
  Precision precision = Precision::float32;
  std::string device = "auto", threads;
  bool resume = false, quiet = false, many = false;
  std::function<std::string(const Message&)> with_flags;  // the text of a message for users of this program
};

/// Flags that differ from the library's options.
extern const FlagNames pansharpen_flags;

/// Defines the program's options. After parsing, `read` gives what they say; it throws a usage Error where they
/// contradict each other.
std::function<Arguments()> add_options(CLI::App& app);

}  // namespace premix::cli
