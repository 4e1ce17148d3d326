#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "premix/nn/premix.hpp"
#include "premix/optim/adam.hpp"
#include "premix/train/losses.hpp"
#include "premix/train/training_batch.hpp"

namespace premix {

class CudaGraph;

/// A training step of the network: prediction, loss, gradients, Adam's update.
///
/// On a GPU it is asynchronous, so it does not check images for NaN; NaN gives a NaN loss. In the stream of a
/// CudaStream, it records a CudaGraph when a batch has the shape of an earlier one. Later batches of that shape are one
/// launch. Up to four shapes are recorded, with shared memory; others run kernel by kernel. Recorded and direct steps
/// give the same bits.
class TrainingStep {
 public:
  /// Both must outlive the step. Parameters must stay in place, and adam must keep its moments. model and adam must
  /// have the same parameters. loss: by default l1_loss(). On a GPU it must not allocate host memory that the recorded
  /// work reads.
  TrainingStep(const PreMix<float>& model, Adam<float>& adam, LossFunction loss = loss_function({}));
  TrainingStep(const TrainingStep&) = delete;
  TrainingStep& operator=(const TrainingStep&) = delete;

  /// Trains on a batch with adam's learning rate. batch: on the device of the network -> loss before the update,
  /// (1, 1, 1, 1), on the same device. The next step overwrites the loss. The gradients of the parameters are consumed.
  const Tensor<float>& operator()(const TrainingBatch& batch);

  /// The same for up_ms and truth (N, H, W, B), pan (N, H, W, 1).
  const Tensor<float>& operator()(const Tensor<float>& up_ms, const Tensor<float>& pan, const Tensor<float>& truth) {
    return (*this)(TrainingBatch(up_ms, pan, truth));
  }

  /// Number of recorded shapes.
  std::size_t recorded() const { return recorded_.size(); }

 private:
  struct Recorded {
    TrainingBatch batch;  // read by the graph
    std::shared_ptr<CudaGraph> graph;
  };

  Recorded* recorded_for(const std::vector<Shape>& shapes);
  bool should_record(const std::vector<Shape>& shapes);
  void differentiate(const TrainingBatch& batch);
  void record(const TrainingBatch& batch);
  void launch(Recorded& recorded, const TrainingBatch& batch);

  const PreMix<float>& model_;
  Adam<float>& adam_;
  LossFunction loss_function_;
  Device device_;
  Tensor<float> one_, loss_;                // (1, 1, 1, 1) each
  std::vector<std::vector<Shape>> shapes_;  // of the batches so far
  std::vector<Recorded> recorded_;
};

}  // namespace premix
