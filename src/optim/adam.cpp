#include "premix/optim/adam.hpp"

#include <cmath>
#include <map>

#include "premix/kernels/adam.hpp"

namespace premix {

template <Real T>
Adam<T>::Adam(std::vector<Variable<T>> parameters, const AdamOptions& options)
    : parameters_(std::move(parameters)), moments_(parameters_.size()), options_(options) {}

template <Real T>
void Adam<T>::step() {
  const Device device = parameters_.empty() ? cpu() : parameters_.front().device();
  std::map<std::int64_t, std::vector<AdamSlot<T>>> by_steps;  // parameters that have had equally many gradients share their corrections
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Variable<T>& parameter = parameters_[i];
    const Tensor<T>& gradient = parameter.grad();
    if (gradient.empty()) continue;
    PREMIX_CHECK(parameter.device() == device && gradient.device() == device, "Adam::step: parameter ", i, " is on ", parameter.device(),
                 ", its gradient on ", gradient.device(), " and the first parameter on ", device, "; all must be on one device");
    Moments& moments = moments_[i];
    if (moments.mean.empty()) {
      moments.mean = Tensor<T>::zeros(gradient.shape(), device);
      moments.square = Tensor<T>::zeros(gradient.shape(), device);
    }
    moments.mean = moments.mean.to(device);  // kept ones come from where they were stored, or from before the parameters moved
    moments.square = moments.square.to(device);
    by_steps[++moments.steps].push_back({parameter.mutable_value().mutable_data(), gradient.data(), moments.mean.mutable_data(),
                                         moments.square.mutable_data(), gradient.size()});
  }
  for (const auto& [steps, slots] : by_steps) {
    const double mean_correction = 1 - std::pow(options_.beta1, static_cast<double>(steps));
    const double square_correction = 1 - std::pow(options_.beta2, static_cast<double>(steps));
    AdamArgs<T> args;
    args.slots = slots.data();
    args.slot_count = static_cast<std::int64_t>(slots.size());
    args.keep_mean = static_cast<T>(options_.beta1);
    args.keep_square = static_cast<T>(options_.beta2);
    args.take_mean = static_cast<T>(1 - options_.beta1);
    args.take_square = static_cast<T>(1 - options_.beta2);
    args.step_size = static_cast<T>(options_.lr / mean_correction);
    args.root_correction = static_cast<T>(std::sqrt(square_correction));
    args.epsilon = static_cast<T>(options_.epsilon);
    on_device(device, [&](auto tag) { adam_update(tag, args); });
  }
}

template <Real T>
void Adam<T>::zero_grad() {
  for (auto& parameter : parameters_) parameter.zero_grad();
}

template <Real T>
void Adam<T>::set_moments(std::vector<Moments> moments) {
  PREMIX_CHECK(moments.size() == parameters_.size(), "Adam::set_moments: ", moments.size(), " moments for ", parameters_.size(),
               " parameters");
  for (std::size_t i = 0; i < moments.size(); ++i)
    PREMIX_CHECK(moments[i].mean.empty() ||
                     (moments[i].mean.shape() == parameters_[i].shape() && moments[i].square.shape() == parameters_[i].shape()),
                 "Adam::set_moments: moments of shape ", moments[i].mean.shape(), " for parameter ", i, " of shape ",
                 parameters_[i].shape());
  moments_ = std::move(moments);
}

template class Adam<float>;
template class Adam<double>;

}  // namespace premix
