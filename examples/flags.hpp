#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli.hpp"
#include "premix/data/pairs.hpp"
#include "premix/data/split.hpp"
#include "premix/io/checkpoint.hpp"
#include "premix/nn/config.hpp"

namespace premix::cli {

/// The flags of the published code that tell the network, with its defaults.
struct NetworkFlags {
  PreMixConfig config = {
      .bands = 8, .embed_dim = 32, .kernel_size = 3, .pf_kernel = 3, .num_layers = 3, .mixing = false};
  std::string activation;

  void add_to(CLI::App& app);
  std::optional<Activation> given_activation() const;

  /// The flags as a network. Throws a usage Error where --EWFM comes without --activation.
  PreMixConfig network() const;

  /// What weights without metadata leave open.
  MixingHint mixing_hint() const { return {given_activation(), config.beta}; }

  /// Throws a usage Error, with both values, where a flag that was given contradicts the weights of that path.
  void check_agreement(const PreMixConfig& weights, const std::string& path) const;

 private:
  const CLI::App* app_ = nullptr;
};

/// The flags that tell the images.
struct DataFlags {
  std::string data_dir, sensor = "wv2", split_file;
  PairOptions pairs;
  std::vector<std::string> band_names;
  std::size_t num_workers = 8;
  int threads = 0;
  bool pin_mem = true;

  void add_to(CLI::App& app);

  /// Sets the number of threads and opens the images. A sensor counts for the value range only where the user named it.
  std::shared_ptr<const PairSource> open();

  bool sensor_is_named() const { return sensor_->count() > 0; }

  /// That of --split_file, else the published split. Throws a data Error for a split file that can't be read.
  Split split(const PairSource& source) const;

  /// Whether --split_file names a file that is not there: for premix-train, one to write.
  bool split_is_new() const;

  /// --band_names, or the sensor's where the user named one with as many bands, else none.
  std::vector<std::string> names_of_bands(int bands) const;

 private:
  CLI::Option* sensor_ = nullptr;
};

/// Flags of premix-train and premix-test that differ from the library's options.
extern const FlagNames training_flags;

/// Takes flags that other programs of the published code need, each with a value, and does nothing with them.
void add_ignored(CLI::App& app, const std::vector<std::string>& flags);

}  // namespace premix::cli
