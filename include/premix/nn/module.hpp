#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "premix/autograd/variable.hpp"

namespace premix {

/// Base of modules: movable, not copyable, since a copy would share its parameters with the original. clone() makes a
/// deep copy.
struct MoveOnly {
  MoveOnly() = default;
  MoveOnly(MoveOnly&&) = default;
  MoveOnly& operator=(MoveOnly&&) = default;
};

/// Channel order of a parameter in files: band-major if bands is not 0, while memory is tap-major.
struct FileOrder {
  std::int64_t bands = 0;
};

namespace detail {

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class Child, class Fn>
void visit_child(const std::string& path, Child& child, FileOrder order, Fn& fn) {
  using Plain = std::remove_const_t<Child>;
  if constexpr (is_vector<Plain>) {
    for (std::size_t i = 0; i < child.size(); ++i) visit_child(path + '.' + std::to_string(i), child[i], order, fn);
  } else if constexpr (is_optional<Plain>) {
    if (child) visit_child(path, *child, order, fn);
  } else if constexpr (requires { child.requires_grad(); }) {
    if (!child.empty()) fn(path, child, order);
  } else {
    const std::string prefix = path.empty() ? path : path + '.';
    Plain::visit(child, [&](std::string_view name, auto& grandchild, FileOrder inner = {}) {
      visit_child(prefix + std::string(name), grandchild, inner, fn);
    });
  }
}

}  // namespace detail

/// Calls fn(name, variable, file order) for every parameter of a module, const or not. Order and names are those of the
/// published code's state_dict. A module lists its members in `static void visit(auto& self, auto&& v)`, which calls
/// v(name, member) for each.
template <class Module, class Fn>
void for_each_parameter(Module& module, Fn&& fn) {
  detail::visit_child(std::string(), module, FileOrder{}, fn);
}

/// Returns all parameters of a module, in order. They are shared with the module: a write changes the module.
template <class Module>
auto parameters(Module& module) {
  std::vector<Variable<typename Module::Scalar>> result;
  for_each_parameter(module, [&](const std::string&, auto& variable, FileOrder) { result.push_back(variable); });
  return result;
}

/// Returns the number of trainable scalars in a module.
template <class Module>
std::int64_t parameter_count(const Module& module) {
  std::int64_t count = 0;
  for_each_parameter(module,
                     [&](const std::string&, const auto& variable, FileOrder) { count += variable.value().size(); });
  return count;
}

/// Moves all parameters of a module to a device.
template <class Module>
void move_parameters(Module& module, Device device) {
  for_each_parameter(module, [&](const std::string&, auto& variable, FileOrder) {
    variable.mutable_value() = variable.value().to(device);
  });
}

/// Copies all parameter values into a module of the same architecture.
template <class Module>
void copy_parameters(const Module& from, Module& to) {
  std::vector<Tensor<typename Module::Scalar>> values;
  for_each_parameter(from,
                     [&](const std::string&, const auto& variable, FileOrder) { values.push_back(variable.value()); });
  std::size_t next = 0;
  for_each_parameter(to, [&](const std::string& name, auto& variable, FileOrder) {
    PREMIX_CHECK(next < values.size() && values[next].shape() == variable.shape(), "copy_parameters: ", name,
                 " differs between the two modules");
    variable.mutable_value() = values[next++].clone().to(variable.device());
  });
}

}  // namespace premix
