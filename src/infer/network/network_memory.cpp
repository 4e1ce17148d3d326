#include "infer/network/network_memory.hpp"

#include "cpu/winograd_scratch.hpp"

namespace premix::infer {
namespace {

template <class T>
constexpr std::int64_t bytes_of(std::int64_t count) {
  return count * static_cast<std::int64_t>(sizeof(T));
}

// Calls convolution(packed) for the weights of a mixing block.
template <class First, class S, class Fn>
void for_each_convolution(const PackedBlock<First, S>& block, const Fn& convolution) {
  for (const auto* encoder : {&block.ms, &block.pan}) {
    convolution(encoder->conv);
    convolution(encoder->conv1);
    convolution(encoder->conv2);
  }
  if (!block.mixing) return;
  convolution(block.mixing->conv1);
  convolution(block.mixing->conv2);
}

// Calls convolution(packed) and doubling(packed) for all weights except the filter predictors'.
template <class S, class Convolution, class Doubling>
void for_each_weight(const PackedSubModel<S>& model, const Convolution& convolution, const Doubling& doubling) {
  for_each_convolution(model.preconv, convolution);
  for (const auto& block : model.emix) for_each_convolution(block, convolution);
  for (const auto* transposed : {&model.transconv_ms, &model.transconv_pan})
    for (const auto& one : *transposed) doubling(one);
}

template <class In>
PoolBlocks winograd_blocks(const PackedConv<In>& conv) {
  const on_cpu::WinogradScratch sizes(conv.channels, conv.out_channels);
  return PoolBlocks(bytes_of<In>(sizes.in)).add(bytes_of<float>(sizes.out)).add(bytes_of<float>(sizes.patch));
}

}  // namespace

template <class S>
PoolBlocks weight_blocks(const PackedNetwork<S>& network) {
  PoolBlocks blocks;
  const auto add = [&](const auto& packed) { blocks.add(packed.weight.bytes()); };
  for (const PackedSubModel<S>& model : network.sub_models) {
    for_each_weight(model, add, add);
    add(model.pf_ms);
    add(model.pf_pan);
  }
  return blocks;
}

template <class S>
PoolBlocks thread_blocks(const PackedNetwork<S>& network, std::int64_t width) {
  PoolBlocks blocks;
  for (const PackedSubModel<S>& model : network.sub_models) {
    const std::int64_t features = model.pf_ms.channels;
    const auto doubling = [&](const PackedConvTranspose<S>&) {
      const std::int64_t line = on_cpu::conv_transpose_pixels(width, on_cpu::widest_panel) * features;
      blocks = blocks | PoolBlocks(bytes_of<S>(2 * line)).add(bytes_of<float>(on_cpu::widest_panel * features));
    };
    for_each_weight(
        model, [&](const auto& conv) { blocks = blocks | winograd_blocks(conv); }, doubling);
    const on_cpu::WinogradScratch filters(model.pf_ms.channels, model.pf_ms.out_channels);
    blocks = blocks | winograd_blocks(model.pf_ms).add(bytes_of<float>(filters.filters));
  }
  return blocks;
}

template PoolBlocks weight_blocks(const PackedNetwork<float>&);
template PoolBlocks weight_blocks(const PackedNetwork<bf16_t>&);
template PoolBlocks thread_blocks(const PackedNetwork<float>&, std::int64_t);
template PoolBlocks thread_blocks(const PackedNetwork<bf16_t>&, std::int64_t);

}  // namespace premix::infer
