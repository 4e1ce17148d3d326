#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli.hpp"
#include "premix/infer/scene/fuse_scene.hpp"

namespace premix::cli {

/// Parsed command line.
struct Arguments {
  std::vector<SceneFiles> scenes;
  NetworkFusion network;  // without weights if a baseline is chosen
  ClassicalFusion baseline;
  bool uses_baseline = false;  // instead of the network
  bool chooses = false;        // weights, by sensor and quality
  std::optional<std::string> sensor;
  WeightsQuality quality = WeightsQuality::best;
  bool lists_weights = false;  // and does nothing else
  FuseSceneOptions options;
  std::string device = "auto", threads;
  bool estimate_shift = false;  // and report it
  bool quiet = false;
  bool many = false;                                      // --list
  std::function<std::string(const Message&)> with_flags;  // text of a message, with this program's flags

  /// Returns whether products are written.
  bool fuses() const { return !estimate_shift || options.correct_shift; }

  /// Returns whether a scene is reported on stdout. A product written to stdout prevents it.
  bool reports(const SceneFiles& files) const { return !quiet && !files.out.starts_with("/vsistdout"); }

  /// Returns the network on the device, the baseline, or the automatic choice. Measuring a shift needs no network and
  /// uses any baseline.
  FusionMethod method() const;
};

/// Flags that differ from the library's options.
extern const FlagNames pansharpen_flags;

/// Defines the program's options. Call the returned function after parsing: it returns the arguments, and throws a
/// usage Error if they contradict each other.
std::function<Arguments()> add_options(CLI::App& app);

}  // namespace premix::cli
