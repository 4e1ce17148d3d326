#include "infer/reach.hpp"

#include <algorithm>

namespace premix::infer {
namespace {

constexpr std::int64_t up_to_tile(std::int64_t pixels) { return (pixels + 3) / 4 * 4; }

// Steps back over the network. tiles: a convolution sees whole tiles of 4 x 4 pixels around those that are wanted, which begin with one.
class Walk {
 public:
  explicit Walk(bool tiles) : tiles_(tiles) {}

  // Steps back over a sub-model: how far its own images must reach.
  std::int64_t step_back(const SubModel<float>& model) {
    const std::int64_t filter = (model.pf_ms.kernel - 1) / 2, doublings = static_cast<std::int64_t>(model.transconv_ms.size());
    std::int64_t reach = std::max(rounded(image_) + radius(model.pf_ms.conv), features_);
    for (std::int64_t i = 0; i < doublings; ++i) reach = rounded(reach / 2 + 1);  // an odd row or column sees the one after it
    for (const auto& block : model.emix) reach += reach_of(block);
    image_ += filter, features_ = reach << doublings;
    reach += reach_of(model.preconv);
    return std::max(reach << doublings, image_);
  }

 private:
  std::int64_t rounded(std::int64_t pixels) const { return tiles_ ? up_to_tile(pixels) : pixels; }
  std::int64_t radius(const Conv2d<float>& conv) const { return rounded((conv.weight.shape().h - 1) / 2); }

  // Of the pixels of a block's result around those wanted, from its inputs.
  std::int64_t reach_of(const EMixBlock<float>& block) const {
    const auto& encoder = block.encoder_pan;
    std::int64_t reach = radius(encoder.conv) + radius(encoder.residual.conv1) + radius(encoder.residual.conv2);
    if (block.ewfm) reach += radius(block.ewfm->conv.conv1) + radius(block.ewfm->conv.conv2);
    return reach;
  }

  bool tiles_;
  std::int64_t image_ = 0, features_ = 0;  // where results of the sub-model must be right: pixels around those wanted
};

std::array<std::int64_t, 9> walk_back(const PreMix<float>& model, bool tiles) {
  std::array<std::int64_t, 9> reach{};
  const std::vector<SubModel<float>>* branches[] = {&model.model3, &model.model2, &model.model1};
  Walk walk(tiles);
  std::int64_t widest = 0;
  for (std::size_t i = 9; i-- > 0;)  // one that runs earlier is looked at by all that run later
    reach[i] = widest = std::max(widest, walk.step_back((*branches[i / 3])[2 - i % 3]));
  return reach;
}

}  // namespace

std::array<std::int64_t, 9> sub_model_reach(const PreMix<float>& model) { return walk_back(model, false); }

std::int64_t network_reach(const PreMix<float>& model) { return sub_model_reach(model).front() + 1; }

std::int64_t network_warm_up(const PreMix<float>& model) { return (walk_back(model, true).front() + 15) / 16 * 16; }

}  // namespace premix::infer
