#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "io/checkpoint/parameters.hpp"
#include "premix/nn/config.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

// Builds modules from the configuration and parameters of a golden file, and checks their gradients.
namespace premix::golden {

/// Returns the architecture in the configuration of a file.
inline PreMixConfig architecture(const nlohmann::json& config) {
  PreMixConfig result{.bands = config.at("bands"),
                      .embed_dim = config.at("embed_dim"),
                      .kernel_size = config.at("kernel_size"),
                      .pf_kernel = config.at("pf_kernel"),
                      .num_layers = config.at("num_layers"),
                      .mixing = config.at("EWFM")};
  if (const auto& activation = config.at("activation"); !activation.is_null())
    result.activation = activation_by_name(activation.get<std::string>());
  if (const auto& beta = config.at("beta"); !beta.is_null()) result.beta = beta.get<double>();
  return result;
}

/// Reads the parameters of a module. Parameters missing from the file come from another file in its folder, named by
/// the first word of params_in in the configuration.
template <class Module>
void read_parameters(const File& file, Module& module) {
  const auto* other =
      file.config().is_object() && file.config().contains("params_in") ? &file.config()["params_in"] : nullptr;
  if (other == nullptr) return premix::io::read_parameters(file.reader(), "param/", module);
  const std::string named = other->get<std::string>();
  const SafetensorsReader shared(file.reader().path().parent_path() / named.substr(0, named.find(' ')));
  for_each_parameter(module, [&](const std::string& name, auto& variable, FileOrder order) {
    const auto& reader = file.has("param/" + name) ? file.reader() : shared;
    variable.mutable_value() =
        io::read_parameter<typename Module::Scalar>(reader, "param/" + name, variable.shape(), order);
  });
}

/// Converts a parameter or its gradient to the form of File::tensor: dimensions in the order of memory, output channels
/// in the order of the file.
template <Real T>
Tensor<T> in_file_order(const std::string& name, const Tensor<T>& tensor, FileOrder order) {
  return io::from_file_layout(name, io::to_file_layout(name, tensor.to(cpu()), order), tensor.shape());
}

inline bool has_result(const File& file, const std::string& kind, const std::string& name) {
  return file.has(kind + ".f64/" + name) || file.has(kind + ".f64r/" + name) || file.has(kind + ".f32/" + name);
}

/// Checks the gradient of every parameter, completely or by its four sums. A parameter without a golden gradient must
/// have none.
template <class Module>
void check_parameter_gradients(File& file, Module& module) {
  using T = typename Module::Scalar;
  std::vector<std::string> without;
  for_each_parameter(module, [&](const std::string& name, auto& variable, FileOrder order) {
    INFO(name);
    const bool whole = has_result(file, "grad", name), sums = has_result(file, "gradsum", name);
    CHECK(variable.grad().empty() == !(whole || sums));
    if (variable.grad().empty()) {
      without.push_back(name);
      return;
    }
    if (whole) file.check_gradient(name, in_file_order(name, variable.grad(), order));
    if (!sums) return;
    const auto values = io::to_file_layout(name, variable.grad().to(cpu()), order).values;
    file.check("gradsum", name, gradient_sums({values.begin(), values.end()}),
               std::is_same_v<T, double> ? 1e-10 : 1e-4);
  });
  if (!file.config().contains("no_grad_params")) return;
  auto expected = file.config()["no_grad_params"].get<std::vector<std::string>>();
  std::sort(without.begin(), without.end());
  std::sort(expected.begin(), expected.end());
  CHECK(without == expected);
}

}  // namespace premix::golden
