#include "train/step_queue.hpp"

namespace premix::training {
namespace {

class CpuStepQueue final : public StepQueue {
 public:
  explicit CpuStepQueue(TrainingStep& step) : step_(step) {}

  void add(const TrainingBatch& batch, const Report& report) override {
    report(batch.names, static_cast<double>(step_(batch).item()));
  }
  void finish(const Report&) override {}

 private:
  TrainingStep& step_;
};

}  // namespace

std::unique_ptr<StepQueue> make_step_queue(Cpu, TrainingStep& step) { return std::make_unique<CpuStepQueue>(step); }

}  // namespace premix::training
