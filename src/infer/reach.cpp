#include "infer/reach.hpp"

#include <algorithm>

namespace premix::infer {
namespace {

std::int64_t radius(const Conv2d<float>& conv) { return (conv.weight.shape().h - 1) / 2; }

// Of the pixels of a block's result around those wanted, from its inputs.
std::int64_t reach_of(const EMixBlock<float>& block) {
  const auto& encoder = block.encoder_pan;
  std::int64_t reach = radius(encoder.conv) + radius(encoder.residual.conv1) + radius(encoder.residual.conv2);
  if (block.ewfm) reach += radius(block.ewfm->conv.conv1) + radius(block.ewfm->conv.conv2);
  return reach;
}

// The same for a doubling: an odd row or column sees the one after it.
constexpr std::int64_t before_doubling(std::int64_t reach) { return reach / 2 + 1; }

// Where a sub-model's results must be right: pixels around those wanted.
struct Wanted {
  std::int64_t image, features;
};

// Steps back over a sub-model: how far its own images must reach, and what it wants of the one before.
std::int64_t step_back(const SubModel<float>& model, Wanted& wanted) {
  const std::int64_t filter = (model.pf_ms.kernel - 1) / 2, doublings = static_cast<std::int64_t>(model.transconv_ms.size());
  std::int64_t reach = std::max(wanted.image + radius(model.pf_ms.conv), wanted.features);
  for (std::int64_t i = 0; i < doublings; ++i) reach = before_doubling(reach);
  for (const auto& block : model.emix) reach += reach_of(block);
  wanted = {wanted.image + filter, reach << doublings};
  reach += reach_of(model.preconv);
  return std::max(reach << doublings, wanted.image);
}

}  // namespace

std::array<std::int64_t, 9> sub_model_reach(const PreMix<float>& model) {
  std::array<std::int64_t, 9> reach{};
  const std::vector<SubModel<float>>* branches[] = {&model.model3, &model.model2, &model.model1};
  Wanted wanted{0, 0};
  std::int64_t widest = 0;
  for (std::size_t i = 9; i-- > 0;)  // one that runs earlier is looked at by all that run later
    reach[i] = widest = std::max(widest, step_back((*branches[i / 3])[2 - i % 3], wanted));
  return reach;
}

std::int64_t network_reach(const PreMix<float>& model) { return sub_model_reach(model).front() + 1; }

}  // namespace premix::infer
