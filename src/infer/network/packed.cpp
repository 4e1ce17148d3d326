#include "infer/network/packed.hpp"

namespace premix::infer {
namespace {

std::vector<float> numbers(const Variable<float>& v) {
  if (v.empty()) return {};
  const auto values = v.value().to(cpu());
  return {values.values().begin(), values.values().end()};
}

}  // namespace

template <class In>
PackedConv<In>::PackedConv(const Conv2d<float>& conv)
    : channels(conv.weight.shape().c),
      out_channels(conv.weight.shape().n),
      weight(on_cpu::winograd_weight_size(channels, out_channels)),
      bias(numbers(conv.bias)) {
  on_cpu::winograd_weight(conv.weight.value().to(cpu()).data(), channels, out_channels, weight.data());
}

template <class S>
PackedConvTranspose<S>::PackedConvTranspose(const ConvTranspose2d<float>& conv)
    : weight(conv.weight.value().size()), bias(numbers(conv.bias)) {
  on_cpu::conv_transpose_weight(conv.weight.value().to(cpu()).data(), conv.weight.shape().n, conv.weight.shape().c,
                                weight.data());
}

template <class First, class S>
PackedEncoder<First, S>::PackedEncoder(const Encoder<float>& encoder)
    : conv(encoder.conv), conv1(encoder.residual.conv1), conv2(encoder.residual.conv2) {}

template <class S>
PackedMixing<S>::PackedMixing(const Ewfm<float>& ewfm)
    : conv1(ewfm.conv.conv1),
      conv2(ewfm.conv.conv2),
      activation(ewfm.mask.activation),
      kind(ewfm.mask.kind),
      beta(ewfm.threshold()) {}

template <class First, class S>
PackedBlock<First, S>::PackedBlock(const EMixBlock<float>& block) : ms(block.encoder_ms), pan(block.encoder_pan) {
  if (block.ewfm) mixing.emplace(*block.ewfm);
}

template <class S>
PackedSubModel<S>::PackedSubModel(const SubModel<float>& model)
    : preconv(model.preconv), pf_ms(model.pf_ms.conv), pf_pan(model.pf_pan.conv) {
  for (const auto& block : model.emix) emix.emplace_back(block);
  for (const auto& doubling : model.transconv_ms) transconv_ms.emplace_back(doubling);
  for (const auto& doubling : model.transconv_pan) transconv_pan.emplace_back(doubling);
}

template struct PackedConv<float>;
template struct PackedConv<bf16_t>;
template struct PackedSubModel<float>;
template struct PackedSubModel<bf16_t>;

}  // namespace premix::infer
