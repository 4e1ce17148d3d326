#include "premix/nn/config.hpp"

#include <array>
#include <utility>

#include "premix/core/error.hpp"
#include "premix/core/text.hpp"

namespace premix {
namespace {

constexpr std::array<std::pair<std::string_view, Activation>, 5> activations{
    {{"sigmoid", Activation::sigmoid},
     {"tanh+relu", Activation::tanh_relu},
     {"tanh+elu", Activation::tanh_elu},
     {"softsign+elu", Activation::softsign_elu},
     {"softsign+relu", Activation::softsign_relu}}};

bool odd(int number) { return number > 0 && number % 2 == 1; }

}  // namespace

void PreMixConfig::check() const {
  if (bands < 1) fail(ErrorKind::usage, Option("bands", bands), ": must be 1 or more");
  if (embed_dim < 1) fail(ErrorKind::usage, Option("embed_dim", embed_dim), ": must be 1 or more");
  if (!odd(kernel_size)) fail(ErrorKind::usage, Option("kernel_size", kernel_size), ": must be odd: 1, 3, 5, ...");
  if (!odd(pf_kernel)) fail(ErrorKind::usage, Option("pf_kernel", pf_kernel), ": must be odd: 1, 3, 5, ...");
  if (num_layers < 0) fail(ErrorKind::usage, Option("num_layers", num_layers), ": must be 0 or more");
}

bool PreMixConfig::same_architecture(const PreMixConfig& other) const {
  const auto layers = [](const PreMixConfig& config) { return config.num_layers < 1 ? 1 : config.num_layers; };
  const bool same_sizes = bands == other.bands && embed_dim == other.embed_dim && kernel_size == other.kernel_size &&
                          pf_kernel == other.pf_kernel && layers(*this) == layers(other) && mixing == other.mixing;
  if (!same_sizes || !mixing) return same_sizes;
  const bool both_trainable = beta.value_or(0) > 1 && other.beta.value_or(0) > 1;
  return activation == other.activation && (beta == other.beta || both_trainable);
}

std::string activation_name(Activation activation) {
  for (const auto& [name, value] : activations)
    if (value == activation) return std::string(name);
  fail(ErrorKind::runtime, "activation_name: no activation ", static_cast<int>(activation));
}

Activation activation_by_name(std::string_view name) {
  for (const auto& [spelling, value] : activations)
    if (spelling == name) return value;
  using Named = decltype(activations)::value_type;
  fail(ErrorKind::usage, "unknown activation '", name, "'. Use one of ",
       detail::joined(activations, ", ", &Named::first), '.');
}

}  // namespace premix
