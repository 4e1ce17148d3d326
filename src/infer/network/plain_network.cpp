#include "infer/network/plain_network.hpp"

#include <type_traits>

namespace premix::infer {
namespace {

// Reports progress as the module's sub-models finish.
PreMix<float>::Observer counting(const std::function<void(double)>& progress) {
  if (!progress) return {};
  return [progress, done = 0](const std::string& name, const Variable<float>&) mutable {
    if (name.ends_with(".pred")) progress(++done / static_cast<double>(sub_model_order.size()));
  };
}

}  // namespace

Tensor<float> PlainNetwork::fuse(const BranchImages<float>& images, const std::function<void(double)>& progress) const {
  const NoGrad no_grad;
  const ConvolutionPrecision precision(precision_);
  return model_(images, counting(progress)).value();
}

Tensor<float> PlainNetwork::operator()(const BranchImages<float>& images, const std::function<void(double)>& progress) {
  Tensor<float> result;
  on_device(images.plain.ms.device(), [&]<class D>(D device) {
    if constexpr (std::is_same_v<D, Cuda>) {
      if (!progress && device.stream != nullptr) {
        const std::lock_guard lock(mutex_);
        if (!buffers_ || buffers_->plain.ms.shape() != images.plain.ms.shape()) {
          work_ = {};
          buffers_ = images.map([](const Tensor<float>& image) { return image.clone(); });
          fused_ = Tensor<float>(images.plain.ms.shape(), images.plain.ms.device());
        } else {
          buffers_->for_each(copy_to, images);
        }
        work_.run(images.plain.ms.device(), device, [&] { copy_to(fused_, fuse(*buffers_, {})); });
        result = fused_.clone();
        return;
      }
    }
    result = fuse(images, progress);
  });
  return result;
}

}  // namespace premix::infer
