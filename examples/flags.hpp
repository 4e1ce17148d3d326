#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli.hpp"
#include "premix/data/pairs.hpp"
#include "premix/data/split.hpp"
#include "premix/nn/config.hpp"

namespace premix::cli {

/// The flags of the published code that tell the network, with its defaults.
struct NetworkFlags {
  PreMixConfig config = {.bands = 8, .embed_dim = 32, .kernel_size = 3, .pf_kernel = 3, .num_layers = 3, .mixing = false};
  std::string activation;

  void add_to(CLI::App& app);
  std::optional<Activation> given_activation() const;

  /// The flags as a network. Throws a usage Error where --EWFM comes without --activation.
  PreMixConfig network() const;
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

  /// Opens the images. A sensor counts for the value range only where the user named it.
  std::shared_ptr<const PairSource> open();

  /// The sensor's name where the user gave it, else empty.
  std::string sensor_name() const { return pairs.sensor.value_or(""); }

  /// The published split, or that of --split_file.
  Split split(const PairSource& source) const;

  /// --band_names, or the sensor's where the user named one with as many bands, else none.
  std::vector<std::string> names_of_bands(int bands) const;

 private:
  CLI::Option* sensor_ = nullptr;
};

}  // namespace premix::cli
