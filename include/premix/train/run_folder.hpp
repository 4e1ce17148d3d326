#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "premix/nn/config.hpp"

namespace premix {

/// What the command line said of the mixing; a network without mixing may have been given an activation.
struct RunName {
  std::string sensor = {};
  PreMixConfig network = {};
  std::optional<Activation> activation = {};
};

/// The name that the published code gives to the folder of a training:
/// log_m=PreMixHuge_s=GF_l=1_d=32_k=3_pfk=3_EWFM=True_b=None_a=tanh+relu.
std::string run_folder_name(const RunName& name);

/// What to do where the folder of a run is there already.
enum class Start {
  fresh,      // refuse
  overwrite,  // remove what a training wrote there, nothing else
  resume      // go on after the last finished epoch; begin where there is none
};

/// The files of a training, all in one folder.
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

  /// ep=<epoch>_PSNR=<x.xxxx>.safetensors, the epoch counted from 0.
  static std::string best_name(int epoch, double psnr_db);

  /// Throws a usage Error, with the remedy, where the folder does not fit how the training starts. Writes nothing.
  void check(Start start) const;

  /// Makes the folder where it is missing, and removes what does not belong to the training that begins or goes on: for
  /// a resumed one what its killed predecessor left half-written, otherwise every file that a training writes. Throws a
  /// run-time Error where it can't.
  void prepare(Start start) const;

  /// Removes the weights of best epochs but those of this name.
  void keep_best(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

}  // namespace premix
