#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "premix/core/cuda.hpp"
#include "train/step_queue.hpp"

namespace premix::training {
namespace {

// Double buffering. While the GPU computes a step, the host prepares the next batch and a second stream copies it. The
// queue then waits for the loss of the earlier step. The GPU always has a queued step. A slot is reused two steps
// later, when the work on it is finished.
class CudaStepQueue final : public StepQueue {
 public:
  CudaStepQueue(Device device, TrainingStep& step)
      : device_(device),
        step_(step),
        steps_(device),
        copies_(device),
        guard_(steps_),
        slots_{Slot(device), Slot(device)} {}

  ~CudaStepQueue() override {
    try {
      wait();
    } catch (const Error&) {  // a destructor must not throw; the next CUDA call reports the error
    }
  }

  void add(const TrainingBatch& batch, const Report& report) override {
    Slot& slot = slots_[added_++ % 2];
    copy_to_gpu(batch, slot);
    slot.arrived.block_stream();
    const Tensor<float>& loss = step_(slot.batch);
    copy_bytes_async(slot.loss.data(), cpu(), loss.data(), device_, sizeof(float));
    slot.done.record();
    slot.names = batch.names;
    report_done(slots_[added_ % 2], report);
  }

  void finish(const Report& report) override { report_done(slots_[(added_ + 1) % 2], report); }

 private:
  // Buffers of every second batch.
  struct Slot {
    std::optional<PinnedBuffer> images = {};  // of the batch, one after another
    TrainingBatch batch = {};
    PinnedBuffer loss{sizeof(float)};
    CudaEvent arrived, done;
    std::vector<std::string> names = {};  // of the images; empty after the report

    explicit Slot(Device device) : arrived(device), done(device) {}
  };

  // Allocates the GPU tensors in the copy stream, so that allocation and freeing do not wait for a step.
  void copy_to_gpu(const TrainingBatch& batch, Slot& slot) {
    std::size_t bytes = 0;
    batch.map([&](const Tensor<float>& image) {
      bytes += image.bytes();
      return image;
    });
    if (!slot.images || slot.images->bytes() < bytes) slot.images.emplace(bytes);
    const StreamGuard guard(copies_);
    auto* pinned = static_cast<unsigned char*>(slot.images->data());
    const auto copied = [&](const Tensor<float>& image) {
      std::memcpy(pinned, image.data(), image.bytes());
      Tensor<float> on_gpu(image.shape(), device_);
      copy_bytes_async(on_gpu.mutable_data(), device_, pinned, cpu(), image.bytes());
      pinned += image.bytes();
      return on_gpu;
    };
    slot.batch = batch.map(copied);
    slot.arrived.record();
  }

  void report_done(Slot& slot, const Report& report) {
    if (slot.names.empty()) return;
    slot.done.synchronize();
    float loss = 0;
    std::memcpy(&loss, slot.loss.data(), sizeof loss);
    report(std::exchange(slot.names, {}), static_cast<double>(loss));
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
  std::array<Slot, 2> slots_;
  std::size_t added_ = 0;
};

}  // namespace

std::unique_ptr<StepQueue> make_step_queue(Cuda device, TrainingStep& step) {
  return std::make_unique<CudaStepQueue>(cuda(device.index), step);
}

}  // namespace premix::training
