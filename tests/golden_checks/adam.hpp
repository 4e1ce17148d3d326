#pragma once

#include <cmath>
#include <vector>

#include "premix/optim/adam.hpp"
#include "premix/optim/learning_rate.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/images.hpp"

namespace premix::golden {

template <Real T>
Tensor<T> row_of(const Tensor<T>& rows, std::int64_t i) {
  return Tensor<T>::from({1, 1, 1, rows.shape().c}, rows.values().subspan(i * rows.shape().c, rows.shape().c));
}

// Checks each element relative to itself. The gradients differ so much in size that an error relative to the largest
// element says little.
inline void check_elements(const Tensor<double>& actual, const Tensor<double>& expected, double limit) {
  REQUIRE(actual.size() == expected.size());
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    INFO("element " << i);
    CHECK(std::abs(actual.data()[i] - expected.data()[i]) <= limit * std::abs(expected.data()[i]));
  }
}

template <Real T>
void check_adam(File& file, Device device) {
  const nlohmann::json& config = file.config();
  const Tensor<T> gradients = file.tensor<T>("in/grads");
  Variable<T> x(file.tensor<T>("in/x").to(device), true);
  Adam<T> adam({x}, {.lr = config.at("lr"),
                     .beta1 = config.at("betas")[0],
                     .beta2 = config.at("betas")[1],
                     .epsilon = config.at("eps")});
  std::vector<T> path;
  for (std::int64_t step = 0; step < config.at("steps"); ++step) {
    x.zero_grad();
    x.backward(row_of(gradients, step).to(device));
    adam.step();
    const Tensor<T> now = x.value().to(cpu());
    path.insert(path.end(), now.values().begin(), now.values().end());
  }
  const auto x_path = Tensor<T>::from(gradients.shape(), path);
  const auto& moments = adam.moments().front();
  CHECK(moments.steps == config.at("steps"));
  const auto mean = moments.mean.to(cpu()), square = moments.square.to(cpu());
  file.check_output("x", x_path);
  file.check_output("exp_avg", mean);
  file.check_output("exp_avg_sq", square);
  if constexpr (std::is_same_v<T, double>) {
    check_elements(x_path, file.tensor<double>("out.f64/x"), 1e-13);
    check_elements(square, file.tensor<double>("out.f64/exp_avg_sq"), 1e-13);
  }
}

/// Checks the golden learning rates. No device is involved.
inline void check_rates(File& file) {
  for (const auto& name : file.names("out.f64/")) {
    if (!name.starts_with("lr_by_epoch_0_to_")) continue;
    const auto expected = file.tensor<double>("out.f64/" + name);
    const StepLr schedule{.initial = expected.data()[0]};
    file.check_output(name, testing::image_of<double>(expected.shape(), [&](auto, auto, auto, auto epoch) {
                        return schedule.at(int(epoch));
                      }));
  }
}

/// Checks Adam on a device against the golden files, in both precisions, and the schedule of the learning rate.
inline void check_adam_files(Device device) {
  for_each_file("op_adam*.safetensors", [&](File& file) {
    check_adam<float>(file, device);
    check_adam<double>(file, device);
    check_rates(file);
    file.check_complete();
  });
}

}  // namespace premix::golden
