#include "premix/optim/adam.hpp"

#include <algorithm>
#include <cmath>

#include "premix/kernels/adam.hpp"

namespace premix {

template <Real T>
void adam_set_rates(Cpu, const AdamRateArgs<T>& args) {
  std::copy_n(args.values, args.count, args.rates);
}

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
                 parameter.device(), ", its gradient on ", gradient.device(), " and the first parameter on ", device,
                 "; all must be on one device");
    Moments& moments = moments_[i];
    if (moments.mean.empty()) {
      moments.mean = Tensor<T>::zeros(gradient.shape(), device);
      moments.square = Tensor<T>::zeros(gradient.shape(), device);
    }
    moments.mean =
        moments.mean.to(device);  // kept ones come from where they were stored, or from before the parameters moved
    moments.square = moments.square.to(device);
    updated_.push_back(i);
  }
  if (updated_.empty()) return;
  const std::size_t rate_bytes = parameters_.size() * sizeof(AdamRate<T>);
  if (rates_.data() == nullptr || rates_.device() != device) rates_ = Buffer(rate_bytes, device);
  count_step();
  update();
}

template <Real T>
void Adam<T>::count_step() {
  if (updated_.empty()) return;
  std::vector<AdamRate<T>> rates(parameters_.size());
  for (const std::size_t i : updated_) {
    const auto steps = static_cast<double>(++moments_[i].steps);
    const double mean_correction = 1 - std::pow(options_.beta1, steps),
                 square_correction = 1 - std::pow(options_.beta2, steps);
    rates[i] = {static_cast<T>(options_.lr / mean_correction), static_cast<T>(std::sqrt(square_correction))};
    parameters_[i].mutable_value().mutable_data();  // an update that was recorded writes to it uncounted
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
                 " has no gradient, but had one at the last step()");
    slots.push_back({parameters_[i].mutable_value().mutable_data(), gradient.data(), moments_[i].mean.mutable_data(),
                     moments_[i].square.mutable_data(), static_cast<const AdamRate<T>*>(rates_.data()) + i,
                     gradient.size()});
  }
  const AdamFactors<T> factors{static_cast<T>(options_.beta1), static_cast<T>(options_.beta2),
                               static_cast<T>(1 - options_.beta1), static_cast<T>(1 - options_.beta2),
                               static_cast<T>(options_.epsilon)};
  if (slots.empty()) return;
  on_device(rates_.device(), [&](auto tag) {
    adam_update(tag, AdamArgs<T>{slots.data(), static_cast<std::int64_t>(slots.size()), factors});
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
  for (std::size_t i = 0; i < moments.size(); ++i)
    PREMIX_CHECK(moments[i].mean.empty() || (moments[i].mean.shape() == parameters_[i].shape() &&
                                             moments[i].square.shape() == parameters_[i].shape()),
                 "Adam::set_moments: moments of shape ", moments[i].mean.shape(), " for parameter ", i, " of shape ",
                 parameters_[i].shape());
  moments_ = std::move(moments);
}

template class Adam<float>;
template class Adam<double>;

}  // namespace premix
