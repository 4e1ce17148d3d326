#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "premix/core/cuda.hpp"
#include "train/step_queue.hpp"

// Compiled where there is CUDA.

namespace premix::training {
namespace {

// Two batches are under way. While the GPU computes on one, the host prepares the next and a second stream copies it
// over; then the loss of the one before is waited for. So the GPU always has a step to go on with, and when a batch's
// place is used again, two steps later, all that used it is done.
class CudaStepQueue final : public StepQueue {
 public:
  CudaStepQueue(Device device, TrainingStep& step)
      : device_(device),
        step_(step),
        steps_(device),
        copies_(device),
        guard_(steps_),
        places_{Place(device), Place(device)} {}

  ~CudaStepQueue() override {
    try {
      wait();
    } catch (const Error&) {  // the GPU is lost; whoever asks it next is told
    }
  }

  void add(const Batch& batch, const Report& report) override {
    Place& place = places_[added_++ % 2];
    bring(batch, place);
    place.arrived.block_stream();
    const Tensor<float>& loss = step_(place.up_ms, place.pan, place.truth);
    copy_bytes_async(place.loss.data(), cpu(), loss.data(), device_, sizeof(float));
    place.done.record();
    place.names = batch.names;
    report_done(places_[added_ % 2], report);
  }

  void finish(const Report& report) override { report_done(places_[(added_ + 1) % 2], report); }

 private:
  // Where every second batch goes.
  struct Place {
    std::optional<PinnedBuffer> images = {};  // up_ms, pan and truth, one after another
    Tensor<float> up_ms = {}, pan = {}, truth = {};
    PinnedBuffer loss{sizeof(float)};
    CudaEvent arrived, done;
    std::vector<std::string> names = {};  // none once it is reported

    explicit Place(Device device) : arrived(device), done(device) {}
  };

  // The tensors on the GPU belong to the stream of the copies, so that asking for them and freeing them doesn't wait
  // for a step.
  void bring(const Batch& batch, Place& place) {
    const std::size_t bytes = batch.up_ms.bytes() + batch.pan.bytes() + batch.truth.bytes();
    if (!place.images || place.images->bytes() < bytes) place.images.emplace(bytes);
    const StreamGuard guard(copies_);
    auto* pinned = static_cast<unsigned char*>(place.images->data());
    const auto brought = [&](const Tensor<float>& image) {
      std::memcpy(pinned, image.data(), image.bytes());
      Tensor<float> there(image.shape(), device_);
      copy_bytes_async(there.mutable_data(), device_, pinned, cpu(), image.bytes());
      pinned += image.bytes();
      return there;
    };
    place.up_ms = brought(batch.up_ms);
    place.pan = brought(batch.pan);
    place.truth = brought(batch.truth);
    place.arrived.record();
  }

  void report_done(Place& place, const Report& report) {
    if (place.names.empty()) return;
    place.done.synchronize();
    float loss = 0;
    std::memcpy(&loss, place.loss.data(), sizeof loss);
    report(std::exchange(place.names, {}), static_cast<double>(loss));
  }

  void wait() {
    synchronize(device_);
    const StreamGuard guard(copies_);
    synchronize(device_);
  }

  Device device_;
  TrainingStep& step_;
  CudaStream steps_, copies_;
  StreamGuard guard_;
  std::array<Place, 2> places_;
  std::size_t added_ = 0;
};

}  // namespace

std::unique_ptr<StepQueue> make_step_queue(Cuda device, TrainingStep& step) {
  return std::make_unique<CudaStepQueue>(cuda(device.index), step);
}

}  // namespace premix::training
