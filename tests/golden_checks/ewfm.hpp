#pragma once

#include <random>
#include <string>
#include <string_view>

#include "premix/core/random.hpp"
#include "premix/nn/config.hpp"
#include "premix/nn/ewfm.hpp"
#include "premix/ops/relu.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/golden_module.hpp"
#include "support/variables.hpp"

namespace premix::golden {

/// Mask of each logit and its derivative, computed by mixing zeros and ones.
template <Real T>
struct Masked {
  Tensor<T> mask, d_logits;
};

template <Real T>
Masked<T> masked(const Tensor<T>& logits, Activation activation) {
  const Variable<T> x(logits, true);
  const auto none = Tensor<T>::zeros(logits.shape(), logits.device()),
             one = Tensor<T>::full(logits.shape(), 1, logits.device());
  const auto mixed = ewfm(Variable<T>(none), Variable<T>(one), x, Mask{.activation = activation});
  mixed.ms.backward(one);
  return {mixed.ms.value(), x.grad()};
}

// Checks the functions that the library provides alone. Masks and relu are operations on the device, the rest are
// formulas. The other functions exist only inside masks.
template <Real T>
void check_function(File& file, const std::string& name, const Tensor<T>& x, Device device) {
  constexpr std::string_view mask_prefix = "mask_", soft_beta_prefix = "soft_beta_";
  const auto each = [&](auto fn) { return testing::image_of<T>(x.shape(), [&](auto... at) { return fn(x(at...)); }); };
  if (name.starts_with(mask_prefix)) {
    const auto result = masked(x.to(device), activation_by_name(name.substr(mask_prefix.size())));
    file.check_output(name, result.mask.to(cpu()));
    file.check_gradient(name, result.d_logits.to(cpu()));
  } else if (name == "relu") {
    const Variable<T> leaf(x.to(device), true);
    const auto y = relu(leaf);
    y.backward(Tensor<T>::full(x.shape(), 1, device));
    file.check_output(name, y.value().to(cpu()));
    file.check_gradient(name, leaf.grad().to(cpu()));
  } else if (name == "sigmoid") {
    file.check_output(name, each([](T v) { return sigmoid_of(v); }));
    file.check_gradient(name, each([](T v) { return sigmoid_of(v) * (1 - sigmoid_of(v)); }));
  } else if (name == "tanh") {
    file.check_output(name, each([](T v) { return tanh_of(v); }));
    file.check_gradient(name, each([](T v) { return 1 - tanh_of(v) * tanh_of(v); }));
  } else if (name.starts_with(soft_beta_prefix)) {  // comparison of trainable masks, without activation
    const T beta = static_cast<T>(std::stod(name.substr(soft_beta_prefix.size())));
    const auto mask = [&](T v) { return sigmoid_of((v - beta) * trainable_mask_slope); };
    file.check_output(name, each(mask));
    file.check_gradient(name, each([&](T v) { return trainable_mask_slope * mask(v) * (1 - mask(v)); }));
  } else {
    const bool inside_masks = name == "relu6" || name == "elu" || name == "elu_plus_1" || name == "softsign";
    INFO("function " << name);
    CHECK(inside_masks);
  }
}

inline void check_activation_files(Device device) {
  for_each_file("op_activations*.safetensors", [&](File& file) {
    for (const auto& name : file.names("out.f64/")) {
      check_function(file, name, file.tensor<float>("in/x"), device);
      check_function(file, name, file.tensor<double>("in/x"), device);
    }
  });
}

// The convolutions that predict the logits run on the CPU, the mixing on the device.
template <Real T>
void check_mixing(File& file, Device device) {
  const nlohmann::json& config = file.config();
  EwfmOptions options{.features = config.at("embed_dim"), .kernel = config.at("kernel_size")};
  options.activation = activation_by_name(config.at("activation").get<std::string>());
  if (!config.at("beta").is_null()) options.beta = config.at("beta").get<double>();
  std::mt19937 any = python_random(1);
  Ewfm<T> module(options, any);
  read_parameters(file, module);
  const auto there = [&](const Variable<T>& v) {
    return v.empty() ? v : Variable<T>(v.value().to(device).clone(), true);
  };
  const Variable<T> ms(file.tensor<T>("in/ms_up"), true), pan(file.tensor<T>("in/pan"), true),
      logits = module.logits(ms, pan);
  const Variable<T> to_mix_ms = there(ms), to_mix_pan = there(pan), to_mix_logits = there(logits),
                    beta = there(module.beta);

  const auto mixed = [&] { return ewfm(to_mix_ms, to_mix_pan, to_mix_logits, module.mask, beta); };
  const auto result = mixed();
  file.check_output("mixed_ms", result.ms.value().to(cpu()));
  file.check_output("mixed_pan", result.pan.value().to(cpu()));
  result.ms.backward(file.tensor<T>("in/cot.mixed_ms").to(device));
  mixed().pan.backward(file.tensor<T>("in/cot.mixed_pan").to(device));
  CHECK(to_mix_logits.grad().empty() == (module.mask.kind == MaskKind::hard));

  if (!to_mix_logits.grad().empty()) logits.backward(to_mix_logits.grad().to(cpu()));
  const auto sum = [](const Variable<T>& mixing, const Variable<T>& convolutions) {
    Tensor<T> total = mixing.grad().to(cpu()).clone();
    T* to = total.mutable_data();
    for (std::int64_t i = 0; i < convolutions.grad().size(); ++i) to[i] += convolutions.grad().data()[i];
    return total;
  };
  file.check_gradient("ms_up", sum(to_mix_ms, ms));
  file.check_gradient("pan", sum(to_mix_pan, pan));
  if (!beta.empty()) file.check_gradient("beta", beta.grad().to(cpu()));
}

inline void check_mixing_files(Device device) {
  for_each_file("ewfm_*.safetensors", [&](File& file) {
    check_mixing<float>(file, device);
    check_mixing<double>(file, device);
  });
}

}  // namespace premix::golden
