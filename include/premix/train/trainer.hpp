#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "premix/core/precision.hpp"
#include "premix/data/dataset.hpp"
#include "premix/io/checkpoint.hpp"
#include "premix/metrics/summary.hpp"
#include "premix/train/run_folder.hpp"

namespace premix {

struct TrainingOptions {
  PreMixConfig network = {};
  int epochs = 300;
  std::size_t batch_size = 16;
  double lr = 1e-3;             // of Adam; falls by 0.8 every 50 epochs
  int test_freq = 10;           // epochs from one validation to the next
  std::uint32_t seed = 42;      // of the order of the images; that of the parameters is network.seed
  std::size_t num_workers = 8;  // threads that load ahead
  std::vector<int> rgb = {2, 1, 0};
  Device device = {};
  Precision precision =
      Precision::float32;  // of convolutions on a GPU; parameters, moments and images are float in each
  Start start = Start::fresh;
  std::optional<std::filesystem::path> init = {};  // weights to begin from instead of random ones
  WeightsInfo info = {};                           // of the data; CLAHE cell, version and manifest are filled in
  std::string command = {};                        // for manifest.json
};

/// The training images and those that choose the best epoch, both at reduced resolution.
struct TrainingData {
  const Dataset& train;
  const Dataset& val;
};

struct StepReport {
  int epoch;                  // from 0
  std::size_t batch, images;  // done in this epoch
  std::size_t images_in_epoch;
  double loss;  // of the batch
};

struct EpochReport {
  int epoch;          // from 0
  double train_loss;  // mean over the images
  double lr;
  std::optional<Summary> validation = {};  // where there was one
  bool best = false;                       // whether it was the best so far
};

/// Every member may be empty.
struct TrainingCallbacks {
  std::function<void(int first_epoch)> on_start = {};   // the data are checked, the folder is ready
  std::function<void(const StepReport&)> on_step = {};  // in their order; on a GPU when the next step has begun
  std::function<void(const EpochReport&)> on_epoch = {};
};

struct TrainingResult {
  std::optional<double> best_psnr_db;
  std::filesystem::path best;  // the best weights; last.safetensors where nothing was validated
};

/// Trains as the published code does: L1 loss, Adam, the learning rate times 0.8 every 50 epochs, whole images in a new
/// order each epoch. After every test_freq-th epoch, and after the last one, all validation images are scored
/// (reduced_resolution_metrics), and the weights with the highest mean PSNR so far replace those before. (The published
/// code also runs two validation images before it begins; here every image is read and checked at the start instead.)
/// last.safetensors is written before the first epoch and after each: a training that was killed at any moment and goes
/// on from it ends with the same bits as one that was not. Those do not depend on threads or workers either.
///
/// Throws a data Error for images that do not fit, a run-time Error that names the images of the batch where the loss
/// is not finite, and a usage Error where a resumed training was begun with other options.
TrainingResult train(const TrainingData& data, const RunFolder& folder, const TrainingOptions& options,
                     const TrainingCallbacks& callbacks = {});

}  // namespace premix
