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

/// Learning rate that falls along half a cosine, from initial in the first epoch to least * initial in the last
/// (Loshchilov and Hutter 2017, without restarts).
struct CosineLr {
  double initial = 1e-3;
  int epochs = 300;
  double least = 0.01;

  /// Returns the rate of an epoch. Epochs count from 0.
  double at(int epoch) const;
};

}  // namespace premix
