#include "premix/infer/premix_inference.hpp"

#include <algorithm>
#include <variant>

#include "infer/gpu_network.hpp"
#include "infer/sub_model_rows.hpp"
#include "premix/image/blur.hpp"
#include "premix/image/clahe.hpp"
#include "premix/ops/resize_nearest.hpp"

namespace premix {
namespace {

using infer::FeatureMaps;
using infer::Numbers;
using infer::PackedSubModel;

Device device_of(const PreMix<float>& model) { return parameters(model).front().device(); }

bool runs_by_rows(const PreMix<float>& model) {
  const PreMixConfig& c = model.config;
  return c.kernel_size == 3 && c.pf_kernel == 3 && c.embed_dim % 8 == 0 && on_cpu::winograd_available() && device_of(model) == cpu();
}

// The three branches in the order in which they run, three sub-models each, the coarsest first.
template <class S>
struct Packed {
  std::vector<PackedSubModel<S>> sub_models;

  explicit Packed(const PreMix<float>& model) {
    for (const auto* branch : {&model.model3, &model.model2, &model.model1})
      for (int t = 2; t >= 0; --t) sub_models.emplace_back((*branch)[static_cast<std::size_t>(t)]);
  }
};

// An image (1, H, W, C) with a border of one pixel: (H + 2, W + 2, C).
Numbers<float> bordered(const Tensor<float>& image) {
  const Shape s = image.shape();
  Numbers<float> result((s.h + 2) * (s.w + 2) * s.c);
  for (std::int64_t y = 0; y < s.h; ++y)
    std::copy_n(image.data() + y * s.w * s.c, s.w * s.c, result.data() + ((y + 1) * (s.w + 2) + 1) * s.c);
  infer::reflect_border(result.data(), s.h, s.w, s.c);
  return result;
}

// Every ratio-th row and column.
Tensor<float> sampled(const Tensor<float>& image, std::int64_t ratio) {
  if (ratio == 1) return image;
  const NoGrad no_grad;
  return nearest_downscale(Variable<float>(image), ratio).value();
}

// What a branch looks at, in the order in which they run.
Tensor<float> seen_by(int branch, const Tensor<float>& image) {
  return branch == 0 ? high_pass(image) : branch == 1 ? clahe(image) : image;
}

using Progress = std::function<void(double)>;

// Fuses one image. A map is made when it is needed, and goes when it isn't: memory is what limits the size of images.
template <class S>
Tensor<float> fuse_one(const Packed<S>& network, const Tensor<float>& up_ms, const Tensor<float>& pan, const Progress& progress) {
  const Shape s = up_ms.shape();
  Numbers<float> image = bordered(up_ms), next((s.h + 2) * (s.w + 2) * s.c);
  const Numbers<float> filtered_pan = bordered(pan);
  FeatureMaps<S> features;
  std::size_t done = 0;
  for (int branch = 0; branch < 3; ++branch) {
    const Tensor<float> seen_ms = seen_by(branch, up_ms), seen_pan = seen_by(branch, pan);
    for (int t = 2; t >= 0; --t) {
      const std::int64_t ratio = std::int64_t{1} << t;
      const bool last = done + 1 == network.sub_models.size();
      const Tensor<float> ms = sampled(seen_ms, ratio), low_pan = sampled(seen_pan, ratio);
      features = infer::run_sub_model<S>(network.sub_models[done++], {.height = s.h / ratio,
                                                                      .width = s.w / ratio,
                                                                      .ms = ms.data(),
                                                                      .pan = low_pan.data(),
                                                                      .image = image.data(),
                                                                      .filtered_pan = filtered_pan.data(),
                                                                      .result = next.data(),
                                                                      .last = std::move(features),
                                                                      .sampling = last ? 0 : (t == 0 ? 4 : ratio / 2)});
      std::swap(image, next);
      if (progress) progress(static_cast<double>(done) / 9);
    }
  }
  Tensor<float> result(s);
  for (std::int64_t y = 0; y < s.h; ++y) {
    const float *fused = image.data() + ((y + 1) * (s.w + 2) + 1) * s.c, *add = up_ms.data() + y * s.w * s.c;
    float* to = result.mutable_data() + y * s.w * s.c;
    for (std::int64_t x = 0; x < s.w * s.c; ++x) to[x] = fused[x] + add[x];
  }
  return result;
}

// The images of a batch one after the other.
template <class S>
Tensor<float> fuse_all(const Packed<S>& network, const Tensor<float>& up_ms, const Tensor<float>& pan, const Progress& progress) {
  const std::int64_t images = up_ms.shape().n, size = up_ms.size() / images;
  if (images == 1) return fuse_one(network, up_ms, pan, progress);
  Tensor<float> result(up_ms.shape());
  for (std::int64_t n = 0; n < images; ++n) {
    const auto whole = [&, n](double done) { progress((static_cast<double>(n) + done) / static_cast<double>(images)); };
    const Tensor<float> one = fuse_one(network, up_ms.image(n), pan.image(n), progress ? Progress(whole) : Progress());
    std::copy_n(one.data(), size, result.mutable_data() + n * size);
  }
  return result;
}

// Counts the module's sub-models as they finish.
PreMix<float>::Observer counting(const Progress& progress) {
  if (!progress) return {};
  return [progress, done = 0](const std::string& name, const Variable<float>&) mutable {
    if (name.ends_with(".pred")) progress(++done / 9.0);
  };
}

}  // namespace

bool bfloat16_available() { return on_cpu::winograd_bf16_available(); }

struct PreMixInference::Network {
  using Gpu = std::unique_ptr<infer::GpuNetwork>;

  PreMixConfig config;
  Precision precision;
  std::variant<Packed<float>, Packed<bf16_t>, Gpu, PreMix<float>> weights;

  static auto pack(const PreMix<float>& model, Precision precision) -> decltype(weights) {
    if (device_of(model) != cpu()) {
      if (precision == Precision::bfloat16 && infer::GpuNetwork::fits(model.config)) return std::make_unique<infer::GpuNetwork>(model);
      return model.clone();
    }
    if (precision == Precision::tf32) fail(ErrorKind::usage, "tf32 is for GPUs: use fp32 or bf16, or run on a GPU");
    if (precision == Precision::bfloat16) return bf16_by_rows(model);
    if (runs_by_rows(model)) return Packed<float>(model);
    return model.clone();
  }

  static Packed<bf16_t> bf16_by_rows(const PreMix<float>& model) {
    if (!bfloat16_available()) fail(ErrorKind::usage, "bf16 needs a processor with AVX512-BF16, which this one has not: use fp32");
    if (!runs_by_rows(model))
      fail(ErrorKind::usage, "bf16 is for networks on the CPU with kernels of 3 x 3 and features in multiples of 8; this one has ",
           model.config.kernel_size, ", filters of ", model.config.pf_kernel, " and ", model.config.embed_dim, " features: use fp32");
    return Packed<bf16_t>(model);
  }
};

PreMixInference::PreMixInference(const PreMix<float>& model, Precision precision)
    : network_(new Network{model.config, precision, Network::pack(model, precision)}) {}
PreMixInference::PreMixInference(PreMixInference&&) noexcept = default;
PreMixInference& PreMixInference::operator=(PreMixInference&&) noexcept = default;
PreMixInference::~PreMixInference() = default;

const PreMixConfig& PreMixInference::config() const { return network_->config; }

Tensor<float> PreMixInference::operator()(const Tensor<float>& up_ms, const Tensor<float>& pan, const Progress& progress) const {
  if (const auto* module = std::get_if<PreMix<float>>(&network_->weights)) {
    const NoGrad no_grad;
    const ConvolutionPrecision precision(network_->precision);
    return (*module)(up_ms, pan, counting(progress)).value();
  }
  if (const auto* gpu = std::get_if<Network::Gpu>(&network_->weights)) return (**gpu)(up_ms, pan, progress);
  detail::check_premix_inputs(network_->config, up_ms, pan);
  if (const auto* packed = std::get_if<Packed<bf16_t>>(&network_->weights)) return fuse_all(*packed, up_ms, pan, progress);
  return fuse_all(std::get<Packed<float>>(network_->weights), up_ms, pan, progress);
}

}  // namespace premix
