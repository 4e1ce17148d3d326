#include "infer/network/reach.hpp"

#include <algorithm>
#include <vector>

namespace premix::infer {
namespace {

constexpr std::int64_t up_to_tile(std::int64_t pixels) { return (pixels + 3) / 4 * 4; }

// What a convolution computes: single pixels, or whole tiles of 4 x 4 pixels.
enum class Unit { pixel, tile };

// Steps back over the network.
class Walk {
 public:
  explicit Walk(Unit unit) : unit_(unit) {}

  // Steps back over a sub-model: how far its own images must reach.
  std::int64_t step_back(const SubModel<float>& model) {
    const std::int64_t ratio = std::int64_t{1} << model.transconv_ms.size();
    features_.push_back({rounded(image_) + radius(model.pf_ms.conv), 1});
    for (Wanted& wanted : features_) wanted = before_doublings(wanted, ratio);
    if (!model.emix.empty()) features_ = {{farthest(), 1}};
    for (const auto& block : model.emix) features_.front().reach += reach_of(block);
    const std::int64_t reach = (farthest() + reach_of(model.preconv)) * ratio;
    image_ += (model.pf_ms.kernel - 1) / 2;
    for (Wanted& wanted : features_) {  // in pixels of the sub-model before
      wanted.reach *= ratio;
      wanted.sampling *= ratio;
    }
    return std::max(reach, image_);
  }

 private:
  // Pixels of a map around those wanted of the last, where every sampling-th is looked at.
  struct Wanted {
    std::int64_t reach, sampling;
  };

  std::int64_t farthest() const {
    return std::max_element(features_.begin(), features_.end(), [](Wanted a, Wanted b) { return a.reach < b.reach; })
        ->reach;
  }

  // What is wanted of a map that is 1 / ratio as large before it is doubled: an odd row or column sees the one after
  // it, an even one its own.
  Wanted before_doublings(Wanted wanted, std::int64_t ratio) const {
    for (; ratio > 1; ratio /= 2)
      wanted = wanted.sampling > 1 ? Wanted{wanted.reach / 2, wanted.sampling / 2} : Wanted{wanted.reach / 2 + 1, 1};
    return {rounded(wanted.reach), wanted.sampling};
  }

  std::int64_t rounded(std::int64_t pixels) const { return unit_ == Unit::tile ? up_to_tile(pixels) : pixels; }
  std::int64_t radius(const Conv2d<float>& conv) const { return rounded((conv.weight.shape().h - 1) / 2); }

  // Of the pixels of a block's result around those wanted, from its inputs.
  std::int64_t reach_of(const EMixBlock<float>& block) const {
    const auto& encoder = block.encoder_pan;
    std::int64_t reach = radius(encoder.conv) + radius(encoder.residual.conv1) + radius(encoder.residual.conv2);
    if (block.ewfm) reach += radius(block.ewfm->conv.conv1) + radius(block.ewfm->conv.conv2);
    return reach;
  }

  Unit unit_;
  // Where results of the sub-model must be right: pixels around those wanted.
  std::int64_t image_ = 0;
  std::vector<Wanted> features_;  // by all that look at them
};

SubModelReach walk_back(const PreMix<float>& model, Unit unit) {
  SubModelReach reach{};
  Walk walk(unit);
  std::int64_t widest = 0;
  for (std::size_t i = reach.size(); i-- > 0;)  // one that runs earlier is looked at by all that run later
    reach[i] = widest = std::max(widest, walk.step_back(model.sub_model(sub_model_order[i])));
  return reach;
}

}  // namespace

SubModelReach sub_model_reach(const PreMix<float>& model) { return walk_back(model, Unit::pixel); }

std::int64_t network_reach(const PreMix<float>& model) { return sub_model_reach(model).front() + 1; }

std::int64_t network_warm_up(const PreMix<float>& model) {
  return (walk_back(model, Unit::tile).front() + 15) / 16 * 16;
}

}  // namespace premix::infer
