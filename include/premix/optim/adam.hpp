#pragma once

#include <vector>

#include "premix/autograd/variable.hpp"

namespace premix {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;  // how much of the running means a step keeps
  double epsilon = 1e-8;
};

/// Adam (Kingma and Ba, 2015), epsilon added after the bias correction. Parameters without a gradient are left alone: no state, no update.
template <Real T>
class Adam {
 public:
  explicit Adam(std::vector<Variable<T>> parameters, const AdamOptions& options = {});

  /// One update of all parameters from their collected gradients.
  void step();
  void zero_grad();

  double lr() const { return options_.lr; }
  void set_lr(double lr) { options_.lr = lr; }

  /// What a step remembers of one parameter; mean and square are empty before its first gradient.
  struct Moments {
    Tensor<T> mean, square;  // like the parameter
    std::int64_t steps = 0;
  };
  const std::vector<Moments>& moments() const { return moments_; }
  void set_moments(std::vector<Moments> moments);  // in the order of the parameters

 private:
  std::vector<Variable<T>> parameters_;
  std::vector<Moments> moments_;
  AdamOptions options_;
};

extern template class Adam<float>;
extern template class Adam<double>;

}  // namespace premix
