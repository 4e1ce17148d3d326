#include "premix/io/checkpoint.hpp"

#include "io/checkpoint/architecture.hpp"
#include "io/checkpoint/metadata.hpp"
#include "io/checkpoint/parameters.hpp"
#include "premix/core/error.hpp"

namespace premix {
using namespace io;

namespace {

std::string text_of(const PreMixConfig& config) {
  return concat("bands ", config.bands, ", embed_dim ", config.embed_dim, ", kernel_size ", config.kernel_size,
                ", pf_kernel ", config.pf_kernel, ", num_layers ", config.num_layers, ", EWFM ",
                config.mixing ? "on" : "off", config.beta.value_or(0) > 1 ? ", trainable beta" : "");
}

// Returns the architecture in the metadata. The tensors must agree before a network of that size is allocated.
PreMixConfig agreed(const PreMixConfig& metadata, PreMixConfig tensors, const SafetensorsReader& reader) {
  tensors.activation = metadata.activation;
  if (!tensors.beta && !(metadata.beta.value_or(0) > 1)) tensors.beta = metadata.beta;
  if (!metadata.same_architecture(tensors))
    fail(ErrorKind::data, reader.path().string(), ": its metadata give ", text_of(metadata), ", its tensors ",
         text_of(tensors), ". Use the file as it was written.");
  return metadata;
}

PreMixConfig completed(PreMixConfig tensors, const MixingHint& hint, const SafetensorsReader& reader) {
  if (!tensors.mixing) return tensors;
  if (!hint.activation)
    fail(ErrorKind::data, reader.path().string(),
         ": no metadata, and its tensors do not tell the activation of the mixing. Set ", Option("activation"),
         ", and ", Option("beta"), " where it was set, as in training.");
  tensors.activation = *hint.activation;
  const bool trainable = hint.beta.value_or(0) > 1;
  if (hint.beta && trainable != tensors.beta.has_value())
    fail(ErrorKind::data, reader.path().string(), ": ", tensors.beta ? "a" : "no", " trainable beta, contrary to ",
         Option("beta", *hint.beta), ". Set ", Option("beta"), " as in training.");
  if (!tensors.beta) tensors.beta = hint.beta;
  return tensors;
}

}  // namespace

WeightsQuality weights_quality_by_name(const std::string& name) {
  if (name == "best") return WeightsQuality::best;
  if (name == "fast") return WeightsQuality::fast;
  fail(ErrorKind::usage, "unknown quality '", name, "'. Use best or fast.");
}

const char* weights_quality_name(WeightsQuality quality) { return quality == WeightsQuality::fast ? "fast" : "best"; }

WeightsStorage weights_storage_by_name(const std::string& name) {
  if (name == "full") return WeightsStorage::full;
  if (name == "float16") return WeightsStorage::float16;
  fail(ErrorKind::usage, "unknown storage '", name, "'. Use full or float16.");
}

template <Real T>
void save_weights(const std::filesystem::path& path, const PreMix<T>& model, const WeightsInfo& info,
                  WeightsStorage storage) {
  SafetensorsWriter writer;
  set_weights_metadata(writer, model.config, info);
  add_parameters(writer, "", model, storage);
  writer.write(path);
}

Weights load_weights(const std::filesystem::path& path, const MixingHint& hint) {
  const SafetensorsReader reader(path);
  const std::string prefix = name_prefix(reader);
  const PreMixConfig tensors = architecture_of_tensors(reader, prefix);
  auto metadata = weights_metadata(reader);
  const PreMixConfig config = metadata ? agreed(metadata->config, tensors, reader) : completed(tensors, hint, reader);
  Weights weights{PreMix<float>(config), metadata ? std::move(metadata->info) : WeightsInfo{}};
  read_parameters(reader, prefix, weights.model);
  return weights;
}

template void save_weights(const std::filesystem::path&, const PreMix<float>&, const WeightsInfo&, WeightsStorage);
template void save_weights(const std::filesystem::path&, const PreMix<double>&, const WeightsInfo&, WeightsStorage);

}  // namespace premix
