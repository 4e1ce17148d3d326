#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "premix/nn/config.hpp"

namespace premix {

/// Parts of the name of a run's folder. activation: as given, even if the network has no mixing.
struct RunName {
  std::string sensor = {};
  PreMixConfig network = {};
  std::optional<Activation> activation = {};
};

/// Returns the published code's folder name of a training:
/// log_m=PreMixHuge_s=GF_l=1_d=32_k=3_pfk=3_EWFM=True_b=None_a=tanh+relu.
std::string run_folder_name(const RunName& name);

/// How to treat an existing folder of a run.
enum class Start {
  fresh,      // error if it exists
  overwrite,  // remove the files of a training, nothing else
  resume      // continue after the last finished epoch; start if there is none
};

/// Files of a training, in one folder.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path last() const { return path_ / "last.safetensors"; }
  std::filesystem::path metrics() const { return path_ / "metrics.csv"; }
  std::filesystem::path manifest() const { return path_ / "manifest.json"; }
  std::filesystem::path picture(int epoch) const {
    return path_ / "visual-PreMixHuge" / (std::to_string(epoch) + ".png");
  }

  /// Returns ep=<epoch>_PSNR=<x.xxxx>.safetensors; epoch counts from 0.
  static std::string best_name(int epoch, double psnr_db);

  /// Throws a usage Error with the remedy if the folder does not fit how the training starts. Writes nothing.
  void check(Start start) const;

  /// Creates the folder if missing, and removes stale files: for a resumed training, half-written files of the
  /// interrupted run; otherwise all files of a training. Throws a run-time Error on failure.
  void prepare(Start start) const;

  /// Removes the weights of best epochs, except this file.
  void keep_best(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

}  // namespace premix
