#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli.hpp"
#include "premix/infer/scene/fuse_scene.hpp"

namespace premix::cli {

/// What the user wants done with one scene or many.
struct Arguments {
  std::vector<SceneFiles> scenes;
  NetworkFusion network;  // without weights where a baseline is chosen
  ClassicalFusion baseline;
  bool uses_baseline = false;  // in place of the network
  FuseSceneOptions options;
  std::string device = "auto", threads;
  bool estimate_shift = false;  // reports it
  bool quiet = false;
  bool many = false;                                      // --list
  std::function<std::string(const Message&)> with_flags;  // the text of a message for users of this program

  /// Whether products are written.
  bool fuses() const { return !estimate_shift || options.correct_shift; }

  /// Whether a scene is reported on stdout, which its product may need.
  bool reports(const SceneFiles& files) const { return !quiet && !files.out.starts_with("/vsistdout"); }

  /// The network on the device, or the baseline. To measure a shift neither is needed, and any baseline will do.
  FusionMethod method() const;
};

/// Flags that differ from the library's options.
extern const FlagNames pansharpen_flags;

/// Defines the program's options. After parsing, `read` gives what they say; it throws a usage Error where they
/// contradict each other.
std::function<Arguments()> add_options(CLI::App& app);

}  // namespace premix::cli
