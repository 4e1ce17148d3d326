#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "premix/io/checkpoint.hpp"
#include "premix/optim/adam.hpp"

namespace premix::io {

/// Progress of a training. The learning rate follows from the epoch, the order of the images from seed and epoch.
struct TrainingProgress {
  int epochs = 0;                           // finished
  std::optional<double> best_psnr_db = {};  // mean over the validation images
  std::string best_file = {};               // name of the best weights, in the folder of this file
};

struct TrainingState {
  PreMix<float> model;
  WeightsInfo info;
  std::vector<Adam<float>::Moments> moments;  // one for each parameter
  TrainingProgress progress;
};

/// Writes the state for a bit-identical continuation of a training, atomically. The file is a weights file that
/// load_weights() reads. It also has Adam's moments as tensors adam/mean/NAME and adam/square/NAME, their step counts
/// as adam/steps, and the progress as metadata.
void save_training_state(const std::filesystem::path& path, const PreMix<float>& model, const WeightsInfo& info,
                         const Adam<float>& adam, const TrainingProgress& progress);

/// Reads a file of save_training_state(). Throws a data Error that names file and remedy.
TrainingState load_training_state(const std::filesystem::path& path);

}  // namespace premix::io
