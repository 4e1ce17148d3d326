#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "premix/core/ms_pan.hpp"

namespace premix {

/// The branches of the network, in running order: they see the high-pass images, the contrast-equalised images and the
/// images as given.
enum class Branch { high_pass, equalised, plain };

/// The branch's name in weight files: model3, model2, model1.
constexpr std::string_view branch_name(Branch branch) {
  constexpr std::string_view names[] = {"model3", "model2", "model1"};
  return names[static_cast<int>(branch)];
}

/// The ms and the pan of each branch.
template <class X>
struct PerBranch {
  MsPan<X> high_pass, equalised, plain;

  const MsPan<X>& operator[](Branch branch) const {
    if (branch == Branch::plain) return plain;
    return branch == Branch::high_pass ? high_pass : equalised;
  }

  /// fn(x, other...) of all six values.
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

/// A sub-model's place in the network: its branch, and its features at 1 / 2^doublings of the full size.
struct SubModelStep {
  Branch branch;
  int doublings;

  constexpr std::int64_t ratio() const { return std::int64_t{1} << doublings; }
};

/// The nine sub-models in running order: each filters the prediction of the one before.
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
