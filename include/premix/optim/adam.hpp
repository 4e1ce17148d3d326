#pragma once

#include <vector>

#include "premix/autograd/variable.hpp"
#include "premix/kernels/adam.hpp"

namespace premix {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;  // decay rates of the running means
  double epsilon = 1e-8;
  double clip_norm = 0;  // largest Euclidean norm of all gradients together; 0: not clipped
  /// Decay of the running mean of each parameter (Polyak averaging), at most (1 + k) / (10 + k) in step k; 0: no mean.
  double average = 0;
};

namespace detail {
/// Returns the rates of a parameter's step. Steps count from 1.
template <Real T>
AdamRate<T> adam_rate(const AdamOptions& options, std::int64_t step);
template <Real T>
AdamFactors<T> adam_factors(const AdamOptions& options);
}  // namespace detail

/// Adam (Kingma and Ba, 2015), with epsilon added after the bias correction. Parameters without a gradient are skipped:
/// no state, no update.
template <Real T>
class Adam {
 public:
  explicit Adam(std::vector<Variable<T>> parameters, const AdamOptions& options = {});

  /// Updates all parameters from their collected gradients.
  void step();

  /// Two halves of a step() that repeats the last one, with the same parameters, addresses and moments. A CudaGraph
  /// records update() only. update() reads the rates that count_step() writes to the device before each launch.
  void count_step();  // counts the step and applies the learning rate
  void update();      // throws if one of the parameters has no gradient
  void zero_grad();

  double lr() const { return options_.lr; }
  void set_lr(double lr) { options_.lr = lr; }

  /// State of one parameter. mean and square are empty before its first gradient.
  struct Moments {
    Tensor<T> mean, square;  // like the parameter
    std::int64_t steps = 0;
    Tensor<T> average;  // running mean of the parameter, begun at its value before the first step; empty without
  };
  const std::vector<Moments>& moments() const { return moments_; }
  void set_moments(std::vector<Moments> moments);  // in parameter order

 private:
  std::vector<Variable<T>> parameters_;
  std::vector<Moments> moments_;
  std::vector<std::size_t> updated_;  // indices of the parameters with a gradient in the last step()
  Buffer rates_;                      // AdamRate<T> per parameter, on the parameters' device
  Buffer norm_sums_, norm_scale_;     // of adam_clip(), there too
  AdamOptions options_;
};

template <Real T>
Adam<T>::Adam(std::vector<Variable<T>> parameters, const AdamOptions& options)
    : parameters_(std::move(parameters)), moments_(parameters_.size()), options_(options) {}

template <Real T>
void Adam<T>::step() {
  const Device device = parameters_.empty() ? cpu() : parameters_.front().device();
  updated_.clear();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Variable<T>& parameter = parameters_[i];
    const Tensor<T>& gradient = parameter.grad();
    if (gradient.empty()) continue;
    PREMIX_CHECK(parameter.device() == device && gradient.device() == device, "Adam::step: parameter ", i, " is on ",
                 parameter.device(), ", its gradient on ", gradient.device(), ", the first parameter on ", device,
                 ". All must be on one device.");
    Moments& moments = moments_[i];
    if (moments.mean.empty()) {
      moments.mean = Tensor<T>::zeros(gradient.shape(), device);
      moments.square = Tensor<T>::zeros(gradient.shape(), device);
    }
    if (options_.average > 0 && moments.average.empty()) moments.average = parameter.value().clone();
    for (Tensor<T>* state : {&moments.mean, &moments.square, &moments.average})
      *state = state->to(device);  // loaded moments, or moved parameters
    updated_.push_back(i);
  }
  if (updated_.empty()) return;
  const std::size_t rate_bytes = parameters_.size() * sizeof(AdamRate<T>);
  if (rates_.data() == nullptr || rates_.device() != device) {
    rates_ = Buffer(rate_bytes, device);
    norm_sums_ = Buffer(parameters_.size() * sizeof(double), device);
    norm_scale_ = Buffer(sizeof(T), device);
  }
  count_step();
  update();
}

template <Real T>
void Adam<T>::count_step() {
  if (updated_.empty()) return;
  std::vector<AdamRate<T>> rates(parameters_.size());
  for (const std::size_t i : updated_) {
    rates[i] = detail::adam_rate<T>(options_, ++moments_[i].steps);
    parameters_[i].mutable_value().mutable_data();  // marks the write, which a recorded update does not count
  }
  on_device(rates_.device(), [&](auto tag) {
    adam_set_rates(tag, AdamRateArgs<T>{rates.data(), static_cast<AdamRate<T>*>(rates_.data()),
                                        static_cast<std::int64_t>(rates.size())});
  });
}

template <Real T>
void Adam<T>::update() {
  std::vector<AdamSlot<T>> slots;
  for (const std::size_t i : updated_) {
    const Tensor<T>& gradient = parameters_[i].grad();
    PREMIX_CHECK(!gradient.empty(), "Adam::update: parameter ", i, " of shape ", parameters_[i].shape(),
                 " lacks a gradient, but had one at the last step()");
    slots.push_back({parameters_[i].mutable_value().mutable_data(), gradient.data(), moments_[i].mean.mutable_data(),
                     moments_[i].square.mutable_data(), static_cast<const AdamRate<T>*>(rates_.data()) + i,
                     gradient.size(), moments_[i].average.empty() ? nullptr : moments_[i].average.mutable_data()});
  }
  if (slots.empty()) return;
  const auto count = static_cast<std::int64_t>(slots.size());
  AdamFactors<T> factors = detail::adam_factors<T>(options_);
  on_device(rates_.device(), [&](auto tag) {
    if (options_.clip_norm > 0) {
      const AdamClipArgs<T> clip{slots.data(), count, static_cast<T>(options_.clip_norm),
                                 static_cast<double*>(norm_sums_.data()), static_cast<T*>(norm_scale_.data())};
      adam_clip(tag, clip);
      factors.gradient_scale = clip.scale;
    }
    adam_update(tag, AdamArgs<T>{slots.data(), count, factors});
  });
}

template <Real T>
void Adam<T>::zero_grad() {
  for (auto& parameter : parameters_) parameter.zero_grad();
}

template <Real T>
void Adam<T>::set_moments(std::vector<Moments> moments) {
  PREMIX_CHECK(moments.size() == parameters_.size(), "Adam::set_moments: ", moments.size(), " moments for ",
               parameters_.size(), " parameters");
  for (std::size_t i = 0; i < moments.size(); ++i) {
    PREMIX_CHECK(moments[i].average.empty() || moments[i].average.shape() == parameters_[i].shape(),
                 "Adam::set_moments: an average of shape ", moments[i].average.shape(), " for parameter ", i,
                 " of shape ", parameters_[i].shape());
    PREMIX_CHECK(moments[i].mean.empty() || (moments[i].mean.shape() == parameters_[i].shape() &&
                                             moments[i].square.shape() == parameters_[i].shape()),
                 "Adam::set_moments: moments of shape ", moments[i].mean.shape(), " for parameter ", i, " of shape ",
                 parameters_[i].shape());
  }
  moments_ = std::move(moments);
}

extern template class Adam<float>;
extern template class Adam<double>;

}  // namespace premix
