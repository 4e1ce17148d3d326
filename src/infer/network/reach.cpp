#include "infer/network/reach.hpp"

#include <algorithm>
#include <vector>

namespace premix::infer {
namespace {

constexpr std::int64_t up_to_tile(std::int64_t pixels) { return (pixels + 3) / 4 * 4; }

// Unit of a convolution's computation: single pixels, or tiles of 4 x 4 pixels.
enum class Unit { pixel, tile };

// Walks the network backwards.
class Walk {
 public:
  explicit Walk(Unit unit) : unit_(unit) {}

  // Steps back over a sub-model. Returns the reach of its images.
  std::int64_t step_back(const SubModel<float>& model) {
    const std::int64_t ratio = std::int64_t{1} << model.transconv_ms.size();
    features_.push_back({rounded(image_) + radius(model.pf_ms.conv), 1});
    for (Wanted& wanted : features_) wanted = before_doublings(wanted, ratio);
    if (!model.emix.empty()) features_ = {{farthest(), 1}};
    for (const auto& block : model.emix) features_.front().reach += reach_of(block);
    const std::int64_t reach = (farthest() + reach_of(model.preconv)) * ratio;
    image_ += (model.pf_ms.kernel - 1) / 2;
    for (Wanted& wanted : features_) {  // in pixels of the previous sub-model
      wanted.reach *= ratio;
      wanted.sampling *= ratio;
    }
    return std::max(reach, image_);
  }

 private:
  // Pixels of a map around the wanted ones; every sampling-th is used.
  struct Wanted {
    std::int64_t reach, sampling;
  };

  std::int64_t farthest() const {
    return std::max_element(features_.begin(), features_.end(), [](Wanted a, Wanted b) { return a.reach < b.reach; })
        ->reach;
  }

  // Wanted pixels of a map at 1 / ratio of the size, before its doublings. Odd rows and columns use the next source row
  // or column as well.
  Wanted before_doublings(Wanted wanted, std::int64_t ratio) const {
    for (; ratio > 1; ratio /= 2)
      wanted = wanted.sampling > 1 ? Wanted{wanted.reach / 2, wanted.sampling / 2} : Wanted{wanted.reach / 2 + 1, 1};
    return {rounded(wanted.reach), wanted.sampling};
  }

  std::int64_t rounded(std::int64_t pixels) const { return unit_ == Unit::tile ? up_to_tile(pixels) : pixels; }
  std::int64_t radius(const Conv2d<float>& conv) const { return rounded((conv.weight.shape().h - 1) / 2); }

  // Reach from a block's inputs to its result.
  std::int64_t reach_of(const EMixBlock<float>& block) const {
    const auto& encoder = block.encoder_pan;
    std::int64_t reach = radius(encoder.conv) + radius(encoder.residual.conv1) + radius(encoder.residual.conv2);
    if (block.ewfm) reach += radius(block.ewfm->conv.conv1) + radius(block.ewfm->conv.conv2);
    return reach;
  }

  Unit unit_;
  // Pixels around the wanted ones where results of the sub-model must be valid.
  std::int64_t image_ = 0;
  std::vector<Wanted> features_;  // one per consumer
};

SubModelReach walk_back(const PreMix<float>& model, Unit unit) {
  SubModelReach reach{};
  Walk walk(unit);
  std::int64_t widest = 0;
  for (std::size_t i = reach.size(); i-- > 0;)  // later sub-models use all earlier ones
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
