#include "premix/infer/network/premix_inference.hpp"

#include <algorithm>
#include <variant>

#include "infer/network/gpu_network.hpp"
#include "infer/network/network_rows.hpp"
#include "infer/network/plain_network.hpp"

namespace premix {
namespace {

using infer::NetworkRows;
using infer::PackedNetwork;
using infer::runs_by_rows;
using Progress = std::function<void(double)>;

template <class S>
Tensor<float> fuse_all(const PackedNetwork<S>& network, const BranchImages<float>& images, const Progress& progress) {
  const Shape s = images.plain.ms.shape();
  Tensor<float> result(s);
  const std::int64_t step = infer::rows_at_once(s.w, network.sub_models.front().pf_ms.channels, sizeof(S));
  float* to = result.mutable_data();
  for (std::int64_t n = 0; n < s.n; ++n) {
    NetworkRows<S> rows(network, {s.h, {0, s.w}, {0, s.w}, step});
    const auto next_rows = [&](const Tensor<float>& image) {
      return image.data() + (n * s.h + rows.pushed()) * s.w * image.shape().c;
    };
    for (std::int64_t done = 0; done < s.h;) {
      rows.push(images.map(next_rows));
      for (; done < rows.finished(); ++done) to = std::copy_n(rows.row(done), s.w * s.c, to);
      rows.release_before(done);
      if (progress) progress(static_cast<double>(n * s.h + done) / static_cast<double>(s.n * s.h));
    }
  }
  return result;
}

}  // namespace

bool bfloat16_available() { return on_cpu::winograd_bf16_available(); }

struct PreMixInference::Network {
  using Gpu = std::unique_ptr<infer::GpuNetwork>;
  using Plain = std::unique_ptr<infer::PlainNetwork>;

  PreMixConfig config;
  Device device;
  std::variant<PackedNetwork<float>, PackedNetwork<bf16_t>, Gpu, Plain> weights;

  static auto pack(const PreMix<float>& model, Precision precision) -> decltype(weights) {
    if (infer::device_of(model) != cpu()) {
      if (precision == Precision::bfloat16 && infer::GpuNetwork::fits(model.config))
        return std::make_unique<infer::GpuNetwork>(model);
      return std::make_unique<infer::PlainNetwork>(model, precision);
    }
    if (precision == Precision::tf32)
      fail(ErrorKind::usage, Option("precision", "tf32"), " needs a GPU. Set ", Option("precision", "fp32"),
           " or bf16.");
    if (precision == Precision::bfloat16) return bf16_by_rows(model);
    if (runs_by_rows(model)) return PackedNetwork<float>(model);
    return std::make_unique<infer::PlainNetwork>(model, precision);
  }

  static PackedNetwork<bf16_t> bf16_by_rows(const PreMix<float>& model) {
    if (!bfloat16_available())
      fail(ErrorKind::usage, Option("precision", "bf16"), " needs AVX512-BF16, which this CPU lacks. Set ",
           Option("precision", "fp32"), '.');
    if (!runs_by_rows(model))
      fail(ErrorKind::usage, Option("precision", "bf16"),
           " on the CPU needs kernels of 3 x 3 and features in multiples of 8. This network has kernels of ",
           model.config.kernel_size, ", filters of ", model.config.pf_kernel, " and ", model.config.embed_dim,
           " features. Set ", Option("precision", "fp32"), '.');
    return PackedNetwork<bf16_t>(model);
  }
};

PreMixInference::PreMixInference(const PreMix<float>& model, Precision precision)
    : network_(new Network{model.config, infer::device_of(model), Network::pack(model, precision)}) {}
PreMixInference::PreMixInference(PreMixInference&&) noexcept = default;
PreMixInference& PreMixInference::operator=(PreMixInference&&) noexcept = default;
PreMixInference::~PreMixInference() = default;

const PreMixConfig& PreMixInference::config() const { return network_->config; }

Tensor<float> PreMixInference::operator()(const Tensor<float>& up_ms, const Tensor<float>& pan,
                                          const Progress& progress) const {
  detail::check_premix_inputs(network_->config, up_ms, pan);
  return (*this)(branch_images(up_ms, pan), progress);
}

Tensor<float> PreMixInference::operator()(const BranchImages<float>& images, const Progress& progress) const {
  detail::check_premix_inputs(network_->config, images.plain.ms, images.plain.pan);
  PREMIX_CHECK(images.plain.ms.device() == network_->device && images.plain.pan.device() == network_->device,
               "PreMixInference: up_ms on ", images.plain.ms.device(), ", pan on ", images.plain.pan.device(),
               ", network on ", network_->device, ". All must be on one device.");
  if (const auto* plain = std::get_if<Network::Plain>(&network_->weights)) return (**plain)(images, progress);
  if (const auto* gpu = std::get_if<Network::Gpu>(&network_->weights)) return (**gpu)(images, progress);
  if (const auto* packed = std::get_if<PackedNetwork<bf16_t>>(&network_->weights))
    return fuse_all(*packed, images, progress);
  return fuse_all(std::get<PackedNetwork<float>>(network_->weights), images, progress);
}

}  // namespace premix
