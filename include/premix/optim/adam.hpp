#pragma once

#include <vector>

#include "premix/autograd/variable.hpp"

namespace premix {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;  // how much of the running means a step keeps
  double epsilon = 1e-8;
};

/// Adam (Kingma and Ba, 2015), epsilon added after the bias correction. Parameters without a gradient are left alone:
/// no state, no update.
template <Real T>
class Adam {
 public:
  explicit Adam(std::vector<Variable<T>> parameters, const AdamOptions& options = {});

  /// One update of all parameters from their collected gradients.
  void step();

  /// The halves of a step() that repeats the last one: of the same parameters, where they are and with the moments that
  /// they have. A CudaGraph records update() alone, which reads from the device what count_step() brings there before
  /// each launch.
  void count_step();  // counts, and takes over the learning rate
  void update();      // throws where one of the parameters has no gradient
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
  std::vector<std::size_t> updated_;  // the parameters that had a gradient in the last step()
  Buffer rates_;                      // an AdamRate<T> of each parameter, on their device
  AdamOptions options_;
};

extern template class Adam<float>;
extern template class Adam<double>;

}  // namespace premix
