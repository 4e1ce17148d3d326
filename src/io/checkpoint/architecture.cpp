#include "io/checkpoint/architecture.hpp"

#include <algorithm>

#include "premix/core/error.hpp"

namespace premix::io {
namespace {

using Sides = std::vector<std::int64_t>;

// Tensors that determine the architecture, all of the first sub-model. The others are checked when they are read.
class Tensors {
 public:
  Tensors(const SafetensorsReader& reader, const std::string& prefix) : reader_(reader), prefix_(prefix) {}

  bool has(const std::string& name) const { return reader_.find(prefix_ + name) != nullptr; }

  /// Returns the shape of a weight, (O, I, K, K). Throws a data Error if it is not a convolution's weight.
  Sides sides(const std::string& name) const {
    const auto* entry = reader_.find(prefix_ + name);
    if (entry == nullptr) refuse(name, "missing");
    const auto in_range = [](std::int64_t side) { return side > 0 && side < 1 << 16; };
    const bool readable = entry->dtype == Dtype::f32 || entry->dtype == Dtype::f64 || entry->dtype == Dtype::f16;
    const bool square = entry->shape.size() == 4 && entry->shape[2] == entry->shape[3];
    if (!readable) refuse(name, "of type " + entry->dtype_name + ", not F32, F64 or F16");
    if (!square || !std::all_of(entry->shape.begin(), entry->shape.end(), in_range))
      refuse(name, "not the weight of a convolution");
    return entry->shape;
  }

  /// Throws unless the weight has this shape. This check bounds the memory of the network by the size of the file.
  void expect(const std::string& name, const Sides& expected) const {
    if (sides(name) != expected) refuse(name, "of a shape that contradicts the tensors before it");
  }

 private:
  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    fail(ErrorKind::data, reader_.path().string(), ": not the weights of a PreMix network: tensor ", prefix_, name,
         " is ", why, ". Use a file of premix-train, or one converted from the published code's.");
  }

  const SafetensorsReader& reader_;
  const std::string& prefix_;
};

}  // namespace

std::string name_prefix(const SafetensorsReader& reader) {
  const auto& entries = reader.entries();
  const bool lightning =
      std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.name.starts_with("model."); });
  return lightning ? "model." : "";
}

PreMixConfig architecture_of_tensors(const SafetensorsReader& reader, const std::string& prefix) {
  const Tensors tensors(reader, prefix);
  const std::string first = "model1.0.", weight = "encoder_ms.encoder.0.weight";
  const Sides encoder = tensors.sides(first + "preconv." + weight);
  const Sides filter = tensors.sides(first + "pf_ms.conv.weight");
  const std::int64_t features = encoder[0], bands = encoder[1], kernel = encoder[2], pf_kernel = filter[2];
  const Sides square = {features, features, kernel, kernel};
  tensors.expect(first + "pf_ms.conv.weight", {bands * pf_kernel * pf_kernel, features, pf_kernel, pf_kernel});
  tensors.expect(first + "preconv.encoder_ms.encoder.2.conv1.weight", square);
  tensors.expect("postconv.0.conv1.weight", {bands, 3 * bands, 3, 3});

  PreMixConfig config;
  config.bands = static_cast<int>(bands);
  config.embed_dim = static_cast<int>(features);
  config.kernel_size = static_cast<int>(kernel);
  config.pf_kernel = static_cast<int>(pf_kernel);
  const auto block = [&](int i) { return first + "emix." + std::to_string(i) + '.' + weight; };
  int further = 0;
  while (tensors.has(block(further))) tensors.expect(block(further++), square);
  config.num_layers = 1 + further;
  config.mixing = tensors.has(first + "preconv.ewfm.conv.conv1.weight");
  if (tensors.has(first + "preconv.ewfm.beta")) config.beta = 2.0;
  return config;
}

}  // namespace premix::io
