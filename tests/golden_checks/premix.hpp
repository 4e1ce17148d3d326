#pragma once

#include "premix/nn/premix.hpp"
#include "premix/ops/l1_loss.hpp"
#include "support/golden_module.hpp"

namespace premix::golden {

/// Checks the whole network on a device against a file full_*: intermediate results and all gradients.
template <Real T>
void check_premix(File& file, Device device) {
  PreMix<T> model(architecture(file.config()));
  read_parameters(file, model);
  move_parameters(model, device);
  const auto observe = [&](const std::string& name, const Variable<T>& value) {
    // The file holds these of the float64 run only, rounded to float32.
    if (file.has("mid.f64r/" + name))
      file.check("mid", name, value.value().to(cpu()), std::is_same_v<T, double> ? 1e-7 : 1e-5);
  };
  const auto prediction = model(file.tensor<T>("in/up_ms").to(device), file.tensor<T>("in/pan").to(device), observe);
  const auto loss = l1_loss(prediction, file.tensor<T>("in/gt").to(device));
  loss.backward();
  file.check_output("pred", prediction.value().to(cpu()));
  file.check_output("loss", loss.value().to(cpu()));
  check_parameter_gradients(file, model);
}

}  // namespace premix::golden
