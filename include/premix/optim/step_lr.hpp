#pragma once

namespace premix {

/// A learning rate that falls by a factor every few epochs.
struct StepLr {
  double initial = 1e-3;
  int step_size = 50;  // epochs
  double gamma = 0.8;

  /// The rate of an epoch, counted from 0.
  double at(int epoch) const;
};

}  // namespace premix
