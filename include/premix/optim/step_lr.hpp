#pragma once

namespace premix {

/// Learning rate that falls by a factor every step_size epochs.
struct StepLr {
  double initial = 1e-3;
  int step_size = 50;  // epochs
  double gamma = 0.8;

  /// Returns the rate of an epoch. Epochs count from 0.
  double at(int epoch) const;
};

}  // namespace premix
