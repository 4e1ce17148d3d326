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

/// Flags of the network, with the names and defaults of the published code.
struct NetworkFlags {
  PreMixConfig config = {
      .bands = 8, .embed_dim = 32, .kernel_size = 3, .pf_kernel = 3, .num_layers = 3, .mixing = false};
  std::string activation;

  void add_to(CLI::App& app);
  std::optional<Activation> given_activation() const;

  /// Returns the configuration of the network. Throws a usage Error for --EWFM without --activation.
  PreMixConfig network() const;

  /// Returns the mixing options that weights without metadata lack.
  MixingHint mixing_hint() const { return {given_activation(), config.beta}; }

  /// Throws a usage Error, with both values, if a given flag contradicts the weights. path: of the weights.
  void check_agreement(const PreMixConfig& weights, const std::string& path) const;

 private:
  const CLI::App* app_ = nullptr;
};

/// Flags of the images.
struct DataFlags {
  std::vector<std::string> data_dirs;
  std::string sensor = "wv2", split_file;
  PairOptions pairs;
  std::vector<double> max_vals;  // one for all sets, or one each; empty: by the sensor
  std::vector<std::string> band_names;
  std::size_t num_workers = 8;
  int threads = 0;
  bool pin_mem = true;

  void add_to(CLI::App& app);

  /// Sets the number of threads and opens the images. The sensor sets the value range only if the user named it.
  std::shared_ptr<const PairSource> open();

  bool sensor_is_named() const { return sensor_->count() > 0; }

  /// Returns the split of --split_file, else the published split. Throws a data Error for an unreadable split file.
  Split split(const PairSource& source) const;

  /// Returns whether the file of --split_file is missing. premix-train then writes it.
  bool split_is_new() const;

  /// Returns --band_names, or the names of a given sensor with this number of bands, else nothing.
  std::vector<std::string> names_of_bands(int bands) const;

 private:
  CLI::Option* sensor_ = nullptr;
};

/// Flags of premix-train and premix-test that differ from the library's options.
extern const FlagNames training_flags;

/// Accepts and ignores flags, each with one value, of other programs of the published code.
void add_ignored(CLI::App& app, const std::vector<std::string>& flags);

}  // namespace premix::cli
