#include "premix/train/training_step.hpp"

#include <algorithm>
#include <type_traits>

#include "premix/core/cuda.hpp"
#include "premix/ops/l1_loss.hpp"

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

}  // namespace

// Tensor::full is synchronous, so every stream may use one_ and loss_ after the constructor.
TrainingStep::TrainingStep(const PreMix<float>& model, Adam<float>& adam)
    : model_(model),
      adam_(adam),
      device_(parameters(model).front().device()),
      one_(Tensor<float>::full({1, 1, 1, 1}, 1, device_)),
      loss_(Tensor<float>::full({1, 1, 1, 1}, 0, device_)) {}

const Tensor<float>& TrainingStep::operator()(const Tensor<float>& up_ms, const Tensor<float>& pan,
                                              const Tensor<float>& truth) {
  PREMIX_CHECK(up_ms.device() == device_ && pan.device() == device_ && truth.device() == device_,
               "TrainingStep: up_ms on ", up_ms.device(), ", pan on ", pan.device(), ", truth on ", truth.device(),
               ", network on ", device_, ". All must be on one device.");
  const Images images{up_ms, pan, truth};
  adam_.zero_grad();
  if (Recorded* recorded = recorded_for(images)) {
    launch(*recorded, images);
  } else if (should_record(images)) {
    record(images);
  } else {
    differentiate(images);
    adam_.step();
    adam_.zero_grad();
  }
  return loss_;
}

TrainingStep::Recorded* TrainingStep::recorded_for(const Images& images) {
  const auto found = std::find_if(recorded_.begin(), recorded_.end(), [&](const Recorded& recorded) {
    return recorded.images.up_ms.shape() == images.up_ms.shape();
  });
  return found == recorded_.end() ? nullptr : &*found;
}

// The first step of a shape runs unrecorded: it shows that the step succeeds. The first step of a training also
// allocates Adam's moments, which must not belong to a graph.
bool TrainingStep::should_record(const Images& images) {
  if (recorded_.size() == max_recorded || !can_record_on(device_)) return false;
  if (std::find(shapes_.begin(), shapes_.end(), images.up_ms.shape()) != shapes_.end()) return true;
  shapes_.push_back(images.up_ms.shape());
  return false;
}

void TrainingStep::differentiate(const Images& images) {
  const NanCheck nan_check = device_ == cpu() ? NanCheck::on : NanCheck::off;
  const auto loss = l1_loss(model_(images.up_ms, images.pan, {}, nan_check), images.truth);
  copy_bytes(loss_.mutable_data(), device_, loss.value().data(), device_, loss_.bytes());
  loss.backward(one_);
}

// Records the step and runs it. The graph has separate memory, so the cached memory of earlier steps is released first.
void TrainingStep::record(const Images& images) {
  release_cached_memory(device_);
  Recorded recorded{{images.up_ms.clone(), images.pan.clone(), images.truth.clone()}, nullptr};
  adam_.count_step();
  on_device(device_, [&](auto tag) {
    if constexpr (std::is_same_v<decltype(tag), Cuda>) {
      const auto step = [&] {
        differentiate(recorded.images);
        adam_.update();
        adam_.zero_grad();
      };
      recorded.graph =
          std::make_shared<CudaGraph>(device_, step, recorded_.empty() ? nullptr : recorded_.front().graph.get());
    }
  });
  recorded_.push_back(std::move(recorded));
}

void TrainingStep::launch(Recorded& recorded, const Images& images) {
  Images& to = recorded.images;
  PREMIX_CHECK(images.pan.shape() == to.pan.shape() && images.truth.shape() == to.truth.shape(), "TrainingStep: up_ms ",
               images.up_ms.shape(), ", pan ", images.pan.shape(), ", truth ", images.truth.shape(),
               ". Their sizes must agree.");
  for (const auto part : {&Images::up_ms, &Images::pan, &Images::truth})
    copy_bytes((to.*part).mutable_data(), device_, (images.*part).data(), device_, (to.*part).bytes());
  adam_.count_step();
  on_device(device_, [&](auto tag) {
    if constexpr (std::is_same_v<decltype(tag), Cuda>) recorded.graph->launch();
  });
}

}  // namespace premix
