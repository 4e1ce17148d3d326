#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "premix/io/checkpoint.hpp"
#include "premix/optim/adam.hpp"

namespace premix::io {

/// How far a training has come. The rest follows from it: the learning rate from the epoch, the order of the images
/// from seed and epoch.
struct TrainingProgress {
  int epochs = 0;                           // finished
  std::optional<double> best_psnr_db = {};  // mean over the validation images
  std::string best_file = {};               // name of the weights that reached it, beside this file
};

struct TrainingState {
  PreMix<float> model;
  WeightsInfo info;
  std::vector<Adam<float>::Moments> moments;  // one for each parameter
  TrainingProgress progress;
};

/// Writes all that a training needs to go on with the same bits: a weights file that load_weights takes as well, with
/// Adam's moments as tensors adam/mean/NAME and adam/square/NAME, their step counts as adam/steps, and the progress as
/// metadata. Atomic.
void save_training_state(const std::filesystem::path& path, const PreMix<float>& model, const WeightsInfo& info,
                         const Adam<float>& adam, const TrainingProgress& progress);

/// Reads such a file. Throws a data Error that names file and remedy.
TrainingState load_training_state(const std::filesystem::path& path);

}  // namespace premix::io
