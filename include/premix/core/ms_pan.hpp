#pragma once

namespace premix {

/// One value for the multispectral stream and one for the panchromatic stream.
template <class X>
struct MsPan {
  X ms, pan;

  /// fn(ms, other.ms...) and fn(pan, other.pan...).
  template <class Fn, class... Others>
  auto map(const Fn& fn, const MsPan<Others>&... others) const {
    return MsPan<decltype(fn(ms, others.ms...))>{fn(ms, others.ms...), fn(pan, others.pan...)};
  }

  template <class Fn, class... Others>
  void for_each(const Fn& fn, const MsPan<Others>&... others) {
    fn(ms, others.ms...);
    fn(pan, others.pan...);
  }
};

}  // namespace premix
