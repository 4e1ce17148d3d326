#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "premix/core/ms_pan.hpp"

namespace premix {

/// Branches of the network, in running order. Inputs: the high-pass images, the contrast-equalised images, the original
/// images.
enum class Branch { high_pass, equalised, plain };

/// Name of the branch in weight files: model3, model2, model1.
constexpr std::string_view branch_name(Branch branch) {
  constexpr std::string_view names[] = {"model3", "model2", "model1"};
  return names[static_cast<int>(branch)];
}

/// One ms and one pan per branch.
template <class X>
struct PerBranch {
  MsPan<X> high_pass, equalised, plain;

  const MsPan<X>& operator[](Branch branch) const {
    if (branch == Branch::plain) return plain;
    return branch == Branch::high_pass ? high_pass : equalised;
  }

  /// Calls fn(x, other...) for all six values.
  template <class Fn, class... Others>
  auto map(const Fn& fn, const PerBranch<Others>&... others) const {
    const auto mapped = high_pass.map(fn, others.high_pass...);
    return PerBranch<decltype(mapped.ms)>{mapped, equalised.map(fn, others.equalised...),
                                          plain.map(fn, others.plain...)};
  }

  template <class Fn, class... Others>
  void for_each(const Fn& fn, const PerBranch<Others>&... others) {
    high_pass.for_each(fn, others.high_pass...);
    equalised.for_each(fn, others.equalised...);
    plain.for_each(fn, others.plain...);
  }
};

/// Position of a sub-model in the network: its branch and its feature scale, 1 / 2^doublings of the full size.
struct SubModelStep {
  Branch branch;
  int doublings;

  constexpr std::int64_t ratio() const { return std::int64_t{1} << doublings; }
};

/// The nine sub-models in running order. Each filters the prediction of the previous one.
inline constexpr std::array<SubModelStep, 9> sub_model_order{{{Branch::high_pass, 2},
                                                              {Branch::high_pass, 1},
                                                              {Branch::high_pass, 0},
                                                              {Branch::equalised, 2},
                                                              {Branch::equalised, 1},
                                                              {Branch::equalised, 0},
                                                              {Branch::plain, 2},
                                                              {Branch::plain, 1},
                                                              {Branch::plain, 0}}};

}  // namespace premix
