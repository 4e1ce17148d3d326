#pragma once

#include "premix/nn/encoder.hpp"
#include "premix/nn/ewfm.hpp"

namespace premix {

struct EMixOptions {
  int in_ms = 4, in_pan = 1;  // input channels of the encoders
  int kernel = 3;
  bool mixing = true;  // false: the two streams stay separate
  EwfmOptions ewfm;    // ewfm.features is also the channel count of the encoder outputs
};

/// One encoder per stream, followed by the mixing of their features.
template <Real T>
struct EMixBlock : MoveOnly {
  using Scalar = T;
  Encoder<T> encoder_ms, encoder_pan;
  std::optional<Ewfm<T>> ewfm;

  EMixBlock(const EMixOptions& options, std::mt19937& generator)
      : encoder_ms(options.in_ms, options.ewfm.features, options.kernel, generator),
        encoder_pan(options.in_pan, options.ewfm.features, options.kernel, generator) {
    if (options.mixing) ewfm.emplace(options.ewfm, generator);
  }

  /// Returns the features (N, H, W, D) of both streams.
  MsPan<Variable<T>> operator()(const Variable<T>& ms, const Variable<T>& pan) const {
    const MsPan<Variable<T>> features{encoder_ms(ms), encoder_pan(pan)};
    return ewfm ? (*ewfm)(features.ms, features.pan) : features;
  }
  static void visit(auto& self, auto&& v) {
    v("encoder_ms", self.encoder_ms);
    v("encoder_pan", self.encoder_pan);
    v("ewfm", self.ewfm);
  }
};

}  // namespace premix
