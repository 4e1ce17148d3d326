#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "premix/nn/premix.hpp"
#include "premix/optim/adam.hpp"

namespace premix {

class CudaGraph;

/// A training step of the network: prediction, L1 loss, gradients, and Adam's update.
///
/// On a GPU it never waits, so that NaN in the images is not looked for (it makes the loss NaN), and in the stream of a
/// CudaStream the step is recorded in a CudaGraph as soon as a batch has the shape of an earlier one: batches of that
/// shape are then one launch each. Four shapes are recorded, which share their memory; those of others run kernel by
/// kernel. Either way a step has the same bits.
class TrainingStep {
 public:
  /// Both must outlive the step, the parameters stay where they are, and adam keep the moments that it has. model and
  /// adam's parameters are those of one network.
  TrainingStep(const PreMix<float>& model, Adam<float>& adam);
  TrainingStep(const TrainingStep&) = delete;
  TrainingStep& operator=(const TrainingStep&) = delete;

  /// Trains on a batch, at adam's learning rate. up_ms and truth (N, H, W, B), pan (N, H, W, 1), where the network is
  /// -> the loss before the update, (1, 1, 1, 1), there as well: the next step writes to the same tensor. The
  /// parameters' gradients are used up.
  const Tensor<float>& operator()(const Tensor<float>& up_ms, const Tensor<float>& pan, const Tensor<float>& truth);

  /// How many shapes are recorded.
  std::size_t recorded() const { return recorded_.size(); }

 private:
  struct Images {
    Tensor<float> up_ms, pan, truth;
  };
  struct Recorded {
    Images images;  // that the graph reads
    std::shared_ptr<CudaGraph> graph;
  };

  Recorded* recorded_for(const Images& images);
  bool is_to_be_recorded(const Images& images);
  void differentiate(const Images& images);
  void record(const Images& images);
  void launch(Recorded& recorded, const Images& images);

  const PreMix<float>& model_;
  Adam<float>& adam_;
  Device device_;
  Tensor<float> one_, loss_;   // (1, 1, 1, 1) each
  std::vector<Shape> shapes_;  // of the batches so far
  std::vector<Recorded> recorded_;
};

}  // namespace premix
