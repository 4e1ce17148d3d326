#pragma once

#include <chrono>
#include <string>

#include "premix/train/trainer.hpp"

namespace premix::cli {

/// Progress of a training. On a terminal, a redrawn bar; otherwise at most one line every ten seconds. Every validation
/// prints a line.
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
  void print(const StepReport& report);
  void clear_line();

  int epochs_;
  bool terminal_;
  std::size_t images_before_ = 0, images_in_epoch_ = 0;  // trained on by this process
  Clock::time_point start_, last_print_;
};

}  // namespace premix::cli
