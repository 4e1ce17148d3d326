#include "infer/network/gpu_network.hpp"

#include <type_traits>
#include <utility>

#include "kernels/inference.hpp"
#include "kernels/inference_weights.hpp"

namespace premix::infer {
namespace {

using namespace kernels;

template <class T>
Tensor<T> on_gpu(const std::vector<T>& numbers, Device device) {
  return Tensor<T>::from({1, 1, 1, static_cast<std::int64_t>(numbers.size())}, numbers, device);
}

Tensor<float> copied(const Variable<float>& v) { return v.empty() ? Tensor<float>() : v.value().clone(); }

GpuConv pack(const Conv2d<float>& conv) {
  const Shape w = conv.weight.shape();
  return {on_gpu(pack_conv(conv.weight.value().to(cpu()).data(), w.n, w.c), conv.weight.device()), copied(conv.bias)};
}

GpuConv pack(const ConvTranspose2d<float>& conv) {
  return {on_gpu(pack_doubling(conv.weight.value().to(cpu()).data(), conv.weight.shape().n), conv.weight.device()),
          copied(conv.bias)};
}

GpuConv pack(const PredictiveFilter<float>& filter) {
  const Conv2d<float>& conv = filter.conv;
  const Device device = conv.weight.device();
  return {on_gpu(pack_filter(conv.weight.value().to(cpu()).data(), filter.bands, conv.weight.shape().c), device),
          on_gpu(pack_filter_bias(conv.bias.value().to(cpu()).data(), filter.bands), device)};
}

GpuImageConv pack_image_conv(const Conv2d<float>& conv) {
  const Tensor<float> weight = conv.weight.value().to(cpu());
  const Shape w = weight.shape();
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < 9 * w.c; ++i)
    for (std::int64_t o = 0; o < w.n; ++o) numbers.push_back(weight.data()[o * 9 * w.c + i]);
  return {on_gpu(numbers, conv.weight.device()), copied(conv.bias)};
}

GpuBlock pack(const EMixBlock<float>& block) {
  const auto &ms = block.encoder_ms.residual, &pan = block.encoder_pan.residual;
  GpuBlock packed{{}, {pack(ms.conv1), pack(pan.conv1)}, {pack(ms.conv2), pack(pan.conv2)}, {}};
  if (block.ewfm) {
    const Ewfm<float>& ewfm = *block.ewfm;
    packed.mixing = {pack(ewfm.conv.conv1), pack(ewfm.conv.conv2), ewfm.mask.activation, ewfm.mask.kind,
                     ewfm.threshold()};
  }
  return packed;
}

// Maps of both streams.
using Maps = MsPan<bf16_t*>;

// Computation of one call. A template, so that builds without CUDA do not compile it.
template <class Gpu>
class Run {
 public:
  Run(Gpu gpu, const PreMixConfig& config, GpuBuffers& buffers)
      : gpu_(gpu),
        bands_(config.bands),
        channels_(config.embed_dim),
        full_{buffers.up_ms.n, buffers.up_ms.h, buffers.up_ms.w} {
    const auto maps = [&](int i) {
      return Maps{buffers.maps[i].ms.mutable_data(), buffers.maps[i].pan.mutable_data()};
    };
    features_ = maps(0);
    spare_ = maps(1);
    hidden_ = maps(2);
    next_features_ = maps(3);
  }

  // Computes features of images (N, H, W, ...) at 1 / ratio of the size and upsamples them to full size.
  void make_features(const GpuSubModel& model, const Tensor<float>& ms, const Tensor<float>& pan, std::int64_t ratio) {
    const Maps last = has_features_ ? features_ : Maps{};
    std::swap(features_, next_features_);
    size_ = {full_.images, full_.height / ratio, full_.width / ratio};
    const auto image = [](const Tensor<float>& from, const GpuImageConv& conv, bf16_t* y) {
      return ImageConv{from.data(), from.shape().c, conv.weight.data(), conv.bias.data(), y};
    };
    image_conv(gpu_,
               {.streams = {image(ms, model.image_conv.ms, spare_.ms), image(pan, model.image_conv.pan, spare_.pan)},
                .sizes = size_,
                .ratio = ratio,
                .features = channels_});
    for (const GpuBlock& block : model.blocks) {
      if (block.conv) convolve({.convs = *block.conv, .x = features_, .y = spare_, .relu = true});
      const bool first = &block == &model.blocks.front();
      finish_block(block, {{first ? last.ms : nullptr, ratio}, {first ? last.pan : nullptr, ratio}});
    }
    for (const MsPan<GpuConv>& doubling : model.doublings) {
      const auto stream = [](const GpuConv& conv, const bf16_t* x, bf16_t* y) {
        return FeatureDoubling{x, conv.weight.data(), conv.bias.data(), y};
      };
      feature_doubling(gpu_, {.streams = {stream(doubling.ms, features_.ms, spare_.ms),
                                          stream(doubling.pan, features_.pan, spare_.pan)},
                              .sizes = size_,
                              .features = channels_});
      size_.height *= 2;
      size_.width *= 2;
      std::swap(features_, spare_);
    }
    has_features_ = true;
  }

  struct Filtering {
    const float *ms, *pan;
    const float* add;  // added to the result, or null
    float* y;
  };

  // Filters both images with filters predicted from the features.
  void filter(const GpuSubModel& model, const Filtering& images) {
    const auto source = [](const GpuConv& conv, const bf16_t* features, const float* from) {
      return PredictedFilters{features, conv.weight.data(), conv.bias.data(), from};
    };
    feature_filter(gpu_, {.ms = source(model.filters.ms, features_.ms, images.ms),
                          .pan = source(model.filters.pan, features_.pan, images.pan),
                          .add = images.add,
                          .y = images.y,
                          .sizes = full_,
                          .channels = channels_,
                          .bands = bands_});
  }

 private:
  // One convolution of both streams. add and last are added to its result.
  struct Convolution {
    const MsPan<GpuConv>& convs;
    Maps x, y, add = {};
    MsPan<SampledFeatures> last = {};
    bool relu = false;
  };

  void convolve(const Convolution& c) {
    const auto stream = [](const GpuConv& conv, const bf16_t* x, bf16_t* y, const bf16_t* add,
                           const SampledFeatures& last) {
      return FeatureConv{
          .x = x, .weight = conv.weight.data(), .bias = conv.bias.data(), .add = add, .last = last, .y = y};
    };
    const auto [ms, pan] = c.convs.map(stream, c.x, c.y, c.add, c.last);
    feature_conv(gpu_,
                 {.streams = {ms, pan}, .sizes = size_, .channels = channels_, .features = channels_, .relu = c.relu});
  }

  // Rest of a mixing block after its first convolution, whose result is in spare_. last: added to the block's result.
  void finish_block(const GpuBlock& block, const MsPan<SampledFeatures>& last) {
    convolve({.convs = block.conv1, .x = spare_, .y = hidden_, .relu = true});
    convolve({.convs = block.conv2,
              .x = hidden_,
              .y = features_,
              .add = spare_,
              .last = block.mixing ? MsPan<SampledFeatures>{} : last});
    if (!block.mixing) return;
    const GpuMixing& mixing = *block.mixing;
    feature_conv(
        gpu_, {.streams =
                   {{.x = features_.ms, .x_add = features_.pan, .weight = mixing.conv1.weight.data(), .y = hidden_.ms}},
               .stream_count = 1,
               .sizes = size_,
               .channels = channels_,
               .features = channels_,
               .relu = true});
    feature_mix(gpu_, {.x = hidden_.ms,
                       .weight = mixing.conv2.weight.data(),
                       .ms = features_.ms,
                       .pan = features_.pan,
                       .last_ms = last.ms,
                       .last_pan = last.pan,
                       .sizes = size_,
                       .channels = channels_,
                       .features = channels_,
                       .activation = mixing.activation,
                       .kind = mixing.kind,
                       .beta = mixing.beta});
  }

  Gpu gpu_;
  std::int64_t bands_, channels_;
  MapSizes full_, size_{};  // of the images, and of the current maps
  Maps features_, spare_, hidden_;
  Maps next_features_;  // of the next sub-model; features_ are still added meanwhile
  bool has_features_ = false;
};

}  // namespace

GpuSubModel::GpuSubModel(const SubModel<float>& model)
    : image_conv{pack_image_conv(model.preconv.encoder_ms.conv), pack_image_conv(model.preconv.encoder_pan.conv)},
      filters{pack(model.pf_ms), pack(model.pf_pan)} {
  blocks.push_back(pack(model.preconv));
  for (const auto& block : model.emix) {
    blocks.push_back(pack(block));
    blocks.back().conv = {pack(block.encoder_ms.conv), pack(block.encoder_pan.conv)};
  }
  for (std::size_t i = 0; i < model.transconv_ms.size(); ++i)
    doublings.push_back({pack(model.transconv_ms[i]), pack(model.transconv_pan[i])});
}

GpuBuffers::GpuBuffers(Shape shape, std::int64_t features, Device device) : up_ms(shape) {
  for (auto* images_seen : {&seen.high_pass, &seen.equalised, &seen.plain})
    *images_seen = {Tensor<float>(shape, device), Tensor<float>(shape.with_channels(1), device)};
  for (auto& map : maps)
    map = {Tensor<bf16_t>(shape.with_channels(features), device),
           Tensor<bf16_t>(shape.with_channels(features), device)};
  for (auto& image : images) image = Tensor<float>(shape, device);
}

bool GpuNetwork::fits(const PreMixConfig& c) {
  return c.kernel_size == 3 && c.pf_kernel == 3 && c.bands <= 8 && c.embed_dim % 16 == 0 && c.embed_dim <= max_features;
}

GpuNetwork::GpuNetwork(const PreMix<float>& model)
    : config_(model.config), device_(parameters(model).front().device()) {
  for (const SubModelStep step : sub_model_order) sub_models_.emplace_back(model.sub_model(step));
}

Tensor<float> GpuNetwork::operator()(const BranchImages<float>& images, const std::function<void(double)>& progress) {
  const Shape shape = images.plain.ms.shape();
  const std::lock_guard lock(mutex_);
  if (!buffers_ || buffers_->up_ms != shape) {
    work_ = {};
    buffers_.reset();  // frees them before the new allocation
    buffers_.emplace(shape, config_.embed_dim, device_);
  }
  buffers_->seen.for_each(copy_to, images);
  on_device(device_, [&]<class D>(D gpu) {
    if constexpr (std::is_same_v<D, Cuda>) {
      if (progress)
        compute(gpu, progress);
      else
        work_.run(device_, gpu, [&] { compute(gpu, {}); });
    }
  });
  return buffers_->images[2].clone();
}

template <class Gpu>
void GpuNetwork::compute(Gpu gpu, const std::function<void(double)>& progress) {
  const auto& [plain_ms, plain_pan] = buffers_->seen.plain;
  Run<Gpu> run(gpu, config_, *buffers_);
  const float* image = plain_ms.data();
  for (std::size_t i = 0; i < sub_models_.size(); ++i) {
    const bool last = i + 1 == sub_models_.size();
    const SubModelStep step = sub_model_order[i];
    const auto& [ms, pan] = buffers_->seen[step.branch];
    run.make_features(sub_models_[i], ms, pan, step.ratio());
    float* y = buffers_->images[last ? 2 : i % 2].mutable_data();
    run.filter(sub_models_[i], {.ms = image, .pan = plain_pan.data(), .add = last ? plain_ms.data() : nullptr, .y = y});
    image = y;
    if (progress) progress(static_cast<double>(i + 1) / static_cast<double>(sub_models_.size()));
  }
}

}  // namespace premix::infer
