#include "premix/infer/premix_inference.hpp"

#include <array>
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

bool runs_by_rows(const PreMix<float>& model) {
  const PreMixConfig& c = model.config;
  return c.kernel_size == 3 && c.pf_kernel == 3 && c.embed_dim % 8 == 0 && on_cpu::winograd_available() &&
         parameters(model).front().device() == cpu();
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

// Image n of a batch with a border of one pixel: (H + 2, W + 2, C).
Numbers<float> bordered(const Tensor<float>& images, std::int64_t n) {
  const Shape s = images.shape();
  Numbers<float> result((s.h + 2) * (s.w + 2) * s.c);
  for (std::int64_t y = 0; y < s.h; ++y)
    std::copy_n(images.data() + (n * s.h + y) * s.w * s.c, s.w * s.c, result.data() + ((y + 1) * (s.w + 2) + 1) * s.c);
  infer::reflect_border(result.data(), s.h, s.w, s.c);
  return result;
}

// Every ratio-th row and column.
Tensor<float> sampled(const Tensor<float>& image, std::int64_t ratio) {
  const NoGrad no_grad;
  return nearest_downscale(Variable<float>(image), ratio).value();
}

using Progress = std::function<void(double)>;

// Fuses image n of a batch. images: what the three branches look at.
template <class S>
void fuse_one(const Packed<S>& network, const std::array<std::array<Tensor<float>, 2>, 3>& images, const Tensor<float>& up_ms,
              const Tensor<float>& pan, std::int64_t n, const Progress& progress, Tensor<float>& result) {
  const Shape s = up_ms.shape();
  Numbers<float> image = bordered(up_ms, n), next((s.h + 2) * (s.w + 2) * s.c);
  const Numbers<float> filtered_pan = bordered(pan, n);
  FeatureMaps<S> features;
  std::size_t done = 0;
  for (const auto& [all_ms, all_pan] : images) {
    const Tensor<float> branch_ms = all_ms.image(n), branch_pan = all_pan.image(n);
    for (int t = 2; t >= 0; --t) {
      const std::int64_t ratio = std::int64_t{1} << t;
      const bool last = done + 1 == network.sub_models.size();
      const Tensor<float> ms = sampled(branch_ms, ratio), low_pan = sampled(branch_pan, ratio);
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
      if (progress) progress((static_cast<double>(n) + static_cast<double>(done) / 9) / static_cast<double>(s.n));
    }
  }
  for (std::int64_t y = 0; y < s.h; ++y) {
    const float *fused = image.data() + ((y + 1) * (s.w + 2) + 1) * s.c, *add = up_ms.data() + (n * s.h + y) * s.w * s.c;
    float* to = result.mutable_data() + (n * s.h + y) * s.w * s.c;
    for (std::int64_t x = 0; x < s.w * s.c; ++x) to[x] = fused[x] + add[x];
  }
}

// Counts the module's sub-models as they finish.
PreMix<float>::Observer counting(const Progress& progress) {
  if (!progress) return {};
  return [progress, done = 0](const std::string& name, const Variable<float>&) mutable {
    if (name.ends_with(".pred")) progress(++done / 9.0);
  };
}

}  // namespace

Precision precision_by_name(std::string_view name) {
  if (name == "fp32") return Precision::float32;
  if (name == "bf16") return Precision::bfloat16;
  fail(ErrorKind::usage, "precision '", name, "' is not known; give fp32 or bf16");
}

bool bfloat16_available() { return on_cpu::winograd_bf16_available(); }

struct PreMixInference::Network {
  using Gpu = std::unique_ptr<infer::GpuNetwork>;

  PreMixConfig config;
  std::variant<Packed<float>, Packed<bf16_t>, Gpu, PreMix<float>> weights;

  static auto pack(const PreMix<float>& model, Precision precision) -> decltype(weights) {
    if (precision == Precision::bfloat16) {
      if (parameters(model).front().device() == cpu()) return bf16_by_rows(model);
      return bf16_on_gpu(model);
    }
    if (runs_by_rows(model)) return Packed<float>(model);
    return model.clone();
  }

  static Packed<bf16_t> bf16_by_rows(const PreMix<float>& model) {
    const PreMixConfig& c = model.config;
    if (!bfloat16_available()) fail(ErrorKind::usage, "bf16 needs a processor with AVX512-BF16, which this one has not: use fp32");
    if (!runs_by_rows(model))
      fail(ErrorKind::usage,
           "bf16 is for networks with kernels of 3 x 3 and, on the CPU, features in multiples of 8; this one has kernels of ",
           c.kernel_size, ", filters of ", c.pf_kernel, " and ", c.embed_dim, " features: use fp32");
    return Packed<bf16_t>(model);
  }

  static Gpu bf16_on_gpu(const PreMix<float>& model) {
    const PreMixConfig& c = model.config;
    if (!infer::GpuNetwork::fits(c))
      fail(
          ErrorKind::usage,
          "bf16 is for networks with kernels of 3 x 3 and, on a GPU, up to 8 bands and features in multiples of 16 up to 128; this one has "
          "kernels of ",
          c.kernel_size, ", filters of ", c.pf_kernel, ", ", c.bands, " bands and ", c.embed_dim, " features: use fp32");
    return std::make_unique<infer::GpuNetwork>(model);
  }
};

PreMixInference::PreMixInference(const PreMix<float>& model, Precision precision)
    : network_(new Network{model.config, Network::pack(model, precision)}) {}
PreMixInference::PreMixInference(PreMixInference&&) noexcept = default;
PreMixInference& PreMixInference::operator=(PreMixInference&&) noexcept = default;
PreMixInference::~PreMixInference() = default;

const PreMixConfig& PreMixInference::config() const { return network_->config; }

Tensor<float> PreMixInference::operator()(const Tensor<float>& up_ms, const Tensor<float>& pan, const Progress& progress) const {
  if (const auto* module = std::get_if<PreMix<float>>(&network_->weights)) {
    const NoGrad no_grad;
    return (*module)(up_ms, pan, counting(progress)).value();
  }
  if (const auto* gpu = std::get_if<Network::Gpu>(&network_->weights)) return (**gpu)(up_ms, pan, progress);
  detail::check_premix_inputs(network_->config, up_ms, pan);
  const std::array<std::array<Tensor<float>, 2>, 3> images{{{high_pass(up_ms), high_pass(pan)}, {clahe(up_ms), clahe(pan)}, {up_ms, pan}}};
  Tensor<float> result(up_ms.shape());
  for (std::int64_t n = 0; n < up_ms.shape().n; ++n) {
    if (const auto* packed = std::get_if<Packed<float>>(&network_->weights)) fuse_one(*packed, images, up_ms, pan, n, progress, result);
    if (const auto* packed = std::get_if<Packed<bf16_t>>(&network_->weights)) fuse_one(*packed, images, up_ms, pan, n, progress, result);
  }
  return result;
}

}  // namespace premix
