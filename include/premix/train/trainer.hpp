#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "premix/core/precision.hpp"
#include "premix/data/dataset.hpp"
#include "premix/io/checkpoint.hpp"
#include "premix/metrics/summary.hpp"
#include "premix/train/losses.hpp"
#include "premix/train/recipe.hpp"
#include "premix/train/run_folder.hpp"
#include "premix/train/training_sample.hpp"

namespace premix {

struct TrainingOptions {
  PreMixConfig network = {};
  Recipe recipe = {};  // of samples, loss and learning rate; default: as published
  int epochs = 300;
  std::size_t batch_size = 16;
  double lr = 1e-3;             // Adam's, of the first epoch
  int test_freq = 10;           // epochs between validations
  std::uint32_t seed = 42;      // order of images; parameters use network.seed
  std::size_t num_workers = 8;  // threads that load ahead
  std::vector<int> rgb = {2, 1, 0};
  Device device = {};
  Precision precision = Precision::float32;  // of GPU convolutions; parameters, moments and images are always float
  Start start = Start::fresh;
  std::optional<std::filesystem::path> init = {};     // initial weights; default: random
  std::optional<std::filesystem::path> teacher = {};  // weights to distil (distilled()); no teacher by default
  double teacher_weight = 0.5;
  WeightsStorage storage = WeightsStorage::full;  // of the best weights; last.safetensors is always in full
  WeightsInfo info = {};                          // about the data; premix adds CLAHE cell, version and manifest
  std::string command = {};                       // for manifest.json
};

/// Data sets for training and for validation, both at reduced resolution.
struct TrainingData {
  const Dataset& train;
  const Dataset& val;
};

/// Functions that replace parts of the recipe. Every member may be empty. A resumed training needs the same hooks: a
/// run's folder records which are set, not what they do.
struct TrainingHooks {
  LossFunction loss = {};
  std::function<double(int epoch)> lr = {};  // learning rate of an epoch; epochs count from 0
  /// Makes a sample of a training image, of any number of crops. All draws must come from the generator.
  std::function<TrainingBatch(const ImagePair& pair, SampleKind kind, std::mt19937& generator)> sample = {};
};

struct StepReport {
  int epoch;                  // from 0
  std::size_t batch, images;  // finished in this epoch
  std::size_t images_in_epoch;
  double loss;  // of the batch
};

struct EpochReport {
  int epoch;          // from 0
  double train_loss;  // mean over the images
  double lr;
  std::optional<Summary> validation = {};  // if this epoch was validated
  bool best = false;                       // best validation so far
};

/// Callbacks of a training. Every member may be empty.
struct TrainingCallbacks {
  std::function<void(int first_epoch)> on_start = {};   // data checked, folder ready
  std::function<void(const StepReport&)> on_step = {};  // in order; on a GPU after the next step has started
  std::function<void(const EpochReport&)> on_epoch = {};
};

struct TrainingResult {
  std::optional<double> best_psnr_db;
  std::filesystem::path best;  // best weights; last.safetensors without validation
};

/// Trains with Adam by a recipe. The default is that of the published code: L1 loss, learning rate times 0.8 every 50
/// epochs, whole images in a new order each epoch. Validates after every test_freq-th epoch and after the last one,
/// with reduced_resolution_metrics on all validation images. The weights with the highest mean PSNR replace earlier
/// ones. The published code also validates two images before training; premix instead reads and checks every image
/// first.
///
/// Writes last.safetensors before the first epoch and after each epoch. A training that was killed at any moment and
/// resumed ends with the same bits as an uninterrupted one, with any number of threads and workers.
///
/// Throws a data Error for unsuitable images, a run-time Error that names the images of a batch with infinite or NaN
/// loss, and a usage Error if a training is resumed with other options.
TrainingResult train(const TrainingData& data, const RunFolder& folder, const TrainingOptions& options,
                     const TrainingCallbacks& callbacks = {}, const TrainingHooks& hooks = {});

}  // namespace premix
