#include "infer/network/plain_network.hpp"

#include <type_traits>

namespace premix::infer {
namespace {

// Counts the module's sub-models as they finish.
PreMix<float>::Observer counting(const std::function<void(double)>& progress) {
  if (!progress) return {};
  return [progress, done = 0](const std::string& name, const Variable<float>&) mutable {
    if (name.ends_with(".pred")) progress(++done / 9.0);
  };
}

BranchImages<float> copy_of(const BranchImages<float>& x) {
  return {x.hp_ms.clone(), x.hp_pan.clone(), x.eq_ms.clone(), x.eq_pan.clone(), x.ms.clone(), x.pan.clone()};
}

void copy_to(BranchImages<float>& to, const BranchImages<float>& from) {
  for (auto image : {&BranchImages<float>::hp_ms, &BranchImages<float>::hp_pan, &BranchImages<float>::eq_ms,
                     &BranchImages<float>::eq_pan, &BranchImages<float>::ms, &BranchImages<float>::pan})
    infer::copy_to(to.*image, from.*image);
}

}  // namespace

Tensor<float> PlainNetwork::fuse(const BranchImages<float>& images, const std::function<void(double)>& progress) const {
  const NoGrad no_grad;
  const ConvolutionPrecision precision(precision_);
  return model_(images, counting(progress)).value();
}

Tensor<float> PlainNetwork::operator()(const BranchImages<float>& images, const std::function<void(double)>& progress) {
  Tensor<float> result;
  on_device(images.ms.device(), [&]<class D>(D device) {
    if constexpr (std::is_same_v<D, Cuda>) {
      if (!progress && device.stream != nullptr) {
        const std::lock_guard lock(mutex_);
        if (!buffers_ || buffers_->ms.shape() != images.ms.shape()) {
          work_ = {}, buffers_ = copy_of(images);
          fused_ = Tensor<float>(images.ms.shape(), images.ms.device());
        } else {
          copy_to(*buffers_, images);
        }
        work_.run(images.ms.device(), device, [&] { copy_to(fused_, fuse(*buffers_, {})); });
        result = fused_.clone();
        return;
      }
    }
    result = fuse(images, progress);
  });
  return result;
}

}  // namespace premix::infer
