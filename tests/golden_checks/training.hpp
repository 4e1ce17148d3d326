#pragma once

#include "premix/nn/premix.hpp"
#include "premix/ops/l1_loss.hpp"
#include "premix/optim/adam.hpp"
#include "premix/optim/learning_rate.hpp"
#include "support/golden_module.hpp"

namespace premix::golden {

inline constexpr std::string_view after_first = "after1/", at_the_end = "final/";

template <Real T>
struct TrainingBatch {
  Tensor<T> up_ms, pan, target;
};

template <Real T>
std::vector<TrainingBatch<T>> batches(const File& file, Device device) {
  std::vector<TrainingBatch<T>> result;
  for (std::size_t i = 0; file.has(concat("in/gt.", i)); ++i)
    result.push_back({file.tensor<T>(concat("in/up_ms.", i)).to(device),
                      file.tensor<T>(concat("in/pan.", i)).to(device), file.tensor<T>(concat("in/gt.", i)).to(device)});
  REQUIRE_FALSE(result.empty());
  return result;
}

// Checks the parameters in out.*/PREFIX. Called for double only: near a zero gradient, rounding decides the sign of
// Adam's step.
template <Real T>
void check_parameters(File& file, std::string_view prefix, const PreMix<T>& model) {
  if constexpr (std::is_same_v<T, double>) {
    for_each_parameter(model, [&](const std::string& name, const auto& parameter, FileOrder order) {
      const std::string kept = concat(prefix, name);
      if (has_result(file, "out", kept)) file.check_output(kept, in_file_order(name, parameter.value(), order));
    });
  }
}

/// Checks a training with Adam on a device against a file train_*.
template <Real T>
void check_training(File& file, Device device) {
  const nlohmann::json& config = file.config();
  PreMix<T> model(architecture(config));
  read_parameters(file, model);
  move_parameters(model, device);
  Adam<T> adam(parameters(model), {.lr = config.at("lr"),
                                   .beta1 = config.at("betas")[0],
                                   .beta2 = config.at("betas")[1],
                                   .epsilon = config.at("eps")});
  const StepLr schedule{.initial = config.at("lr"),
                        .step_size = config.at("steplr").at("step_size"),
                        .gamma = config.at("steplr").at("gamma")};
  const auto data = batches<T>(file, device);
  const auto loss_of = [&](const TrainingBatch<T>& batch) {
    return l1_loss(model(batch.up_ms, batch.pan), batch.target);
  };

  const int steps = config.at("steps");
  std::vector<T> losses;
  std::vector<double> rates;
  for (int step = 0; step < steps; ++step) {  // the schedule advances after every step
    adam.set_lr(schedule.at(step));
    rates.push_back(adam.lr());
    const auto loss = loss_of(data[static_cast<std::size_t>(step) % data.size()]);
    losses.push_back(loss.value().item());
    adam.zero_grad();
    loss.backward();
    adam.step();
    if (step == 0) check_parameters(file, after_first, model);
  }
  losses.push_back(loss_of(data[0]).value().item());
  check_parameters(file, at_the_end, model);
  file.check_output("losses", Tensor<T>::from({1, 1, 1, steps + 1}, losses));
  if constexpr (std::is_same_v<T, double>) file.check_output("lrs", Tensor<double>::from({1, 1, 1, steps}, rates));
}

}  // namespace premix::golden
