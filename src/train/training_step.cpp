#include "premix/train/training_step.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "premix/core/cuda.hpp"

namespace premix {
namespace {

// Each graph takes some megabytes in addition to its tensors.
constexpr std::size_t max_recorded = 4;

// Recording needs a GPU and a stream other than the default stream.
bool can_record_on(Device device) {
  return on_device(device, [](auto tag) {
    if constexpr (std::is_same_v<decltype(tag), Cuda>)
      return tag.stream != nullptr;
    else
      return false;
  });
}

std::vector<Shape> shapes_of(const TrainingBatch& batch) {
  std::vector<Shape> shapes;
  for (const auto& tensor : batch.tensors()) shapes.push_back(tensor.shape());
  return shapes;
}

}  // namespace

// Tensor::full is synchronous, so every stream may use one_ and loss_ after the constructor.
TrainingStep::TrainingStep(const PreMix<float>& model, Adam<float>& adam, LossFunction loss)
    : model_(model),
      adam_(adam),
      loss_function_(std::move(loss)),
      device_(parameters(model).front().device()),
      one_(Tensor<float>::full({1, 1, 1, 1}, 1, device_)),
      loss_(Tensor<float>::full({1, 1, 1, 1}, 0, device_)) {}

const Tensor<float>& TrainingStep::operator()(const TrainingBatch& batch) {
  for (const auto& tensor : batch.tensors())
    PREMIX_CHECK(tensor.device() == device_, "TrainingStep: images on ", tensor.device(), ", network on ", device_,
                 ". All must be on one device.");
  const std::vector<Shape> shapes = shapes_of(batch);
  adam_.zero_grad();
  if (Recorded* recorded = recorded_for(shapes)) {
    launch(*recorded, batch);
  } else if (should_record(shapes)) {
    record(batch);
  } else {
    differentiate(batch);
    adam_.step();
    adam_.zero_grad();
  }
  return loss_;
}

TrainingStep::Recorded* TrainingStep::recorded_for(const std::vector<Shape>& shapes) {
  const auto found = std::find_if(recorded_.begin(), recorded_.end(),
                                  [&](const Recorded& recorded) { return shapes_of(recorded.batch) == shapes; });
  return found == recorded_.end() ? nullptr : &*found;
}

// The first step of a shape runs unrecorded: it shows that the step succeeds. The first step of a training also
// allocates Adam's moments, which must not belong to a graph.
bool TrainingStep::should_record(const std::vector<Shape>& shapes) {
  if (recorded_.size() == max_recorded || !can_record_on(device_)) return false;
  if (std::find(shapes_.begin(), shapes_.end(), shapes) != shapes_.end()) return true;
  shapes_.push_back(shapes);
  return false;
}

void TrainingStep::differentiate(const TrainingBatch& batch) {
  const NanCheck nan_check = device_ == cpu() ? NanCheck::on : NanCheck::off;
  const auto& [high_pass, equalised, plain] = batch.images;
  const auto fused = high_pass.ms.empty() ? model_(plain.ms, plain.pan, {}, nan_check) : model_(batch.images);
  const auto loss = loss_function_(fused, batch);
  copy_bytes(loss_.mutable_data(), device_, loss.value().data(), device_, loss_.bytes());
  loss.backward(one_);
}

// Records the step and runs it. The graph has separate memory, so the cached memory of earlier steps is released first.
void TrainingStep::record(const TrainingBatch& batch) {
  release_cached_memory(device_);
  Recorded recorded{batch.map([](const Tensor<float>& tensor) { return tensor.clone(); }), nullptr};
  adam_.count_step();
  on_device(device_, [&](auto tag) {
    if constexpr (std::is_same_v<decltype(tag), Cuda>) {
      const auto step = [&] {
        differentiate(recorded.batch);
        adam_.update();
        adam_.zero_grad();
      };
      recorded.graph =
          std::make_shared<CudaGraph>(device_, step, recorded_.empty() ? nullptr : recorded_.front().graph.get());
    }
  });
  recorded_.push_back(std::move(recorded));
}

void TrainingStep::launch(Recorded& recorded, const TrainingBatch& batch) {
  std::vector<Tensor<float>> to = recorded.batch.tensors();
  const std::vector<Tensor<float>> from = batch.tensors();
  for (std::size_t i = 0; i < to.size(); ++i)
    copy_bytes(to[i].mutable_data(), device_, from[i].data(), device_, to[i].bytes());
  adam_.count_step();
  on_device(device_, [&](auto tag) {
    if constexpr (std::is_same_v<decltype(tag), Cuda>) recorded.graph->launch();
  });
}

}  // namespace premix
