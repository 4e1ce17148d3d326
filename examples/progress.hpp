#pragma once

#include <chrono>
#include <string>

#include "premix/train/trainer.hpp"

namespace premix::cli {

/// Tells how a training goes: on a terminal a bar that is redrawn, else a line for each epoch or every ten seconds,
/// whichever is rarer; and a line for every validation.
class TrainingProgressBar {
 public:
  explicit TrainingProgressBar(int epochs);

  void start(int first_epoch);
  void step(const StepReport& report);
  void epoch(const EpochReport& report);

 private:
  using Clock = std::chrono::steady_clock;

  double images_per_second() const;
  std::string time_left(const StepReport& report) const;
  void tell(const StepReport& report);
  void clear_line();

  int epochs_, first_epoch_ = 0;
  bool terminal_;
  std::size_t images_before_ = 0, images_in_epoch_ = 0;  // done by this process
  Clock::time_point begun_, told_;
};

}  // namespace premix::cli
