#include "train/manifest.hpp"

#include <array>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <ostream>
#include <span>
#include <utility>

#include "cpu/isa.hpp"
#include "premix/core/cuda.hpp"
#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"
#include "premix/data/loader.hpp"
#include "premix/io/atomic_file.hpp"

namespace premix::training {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// FNV-1a over 32-bit words. Distinguishes data sets; not cryptographic.
class Hash {
 public:
  void add(std::span<const float> values) {
    for (const float value : values) {
      std::uint32_t word;
      std::memcpy(&word, &value, sizeof word);
      add(word);
    }
  }
  void add(const std::string& text) {
    add(static_cast<std::uint32_t>(text.size()));
    for (const char c : text) add(static_cast<unsigned char>(c));
  }
  std::string text() const {
    std::array<char, 17> digits;
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(state_));
    return digits.data();
  }

 private:
  void add(std::uint32_t word) { state_ = (state_ ^ word) * 0x100000001b3u; }
  std::uint64_t state_ = 0xcbf29ce484222325u;
};

const char* isa_name() {
  switch (on_cpu::isa()) {
    case on_cpu::Isa::v2:
      return "x86-64-v2";
    case on_cpu::Isa::v3:
      return "x86-64-v3";
    case on_cpu::Isa::v4:
      return "x86-64-v4";
    default:
      return "generic";
  }
}

ordered_json network_json(const PreMixConfig& network) {
  ordered_json result = {{"bands", network.bands},
                         {"embed_dim", network.embed_dim},
                         {"kernel_size", network.kernel_size},
                         {"pf_kernel", network.pf_kernel},
                         {"num_layers", network.num_layers},
                         {"EWFM", network.mixing},
                         {"activation", nullptr},
                         {"beta", nullptr}};
  if (network.mixing) result["activation"] = activation_name(network.activation);
  if (network.mixing && network.beta) result["beta"] = *network.beta;
  return result;
}

// Software and hardware that decide the bits on the GPU. Lists the cuDNN engines used so far.
ordered_json gpu_json(Device device) {
  ordered_json result = {{"cudnn", cudnn_problem().empty() ? cudnn_version() : cudnn_problem()},
                         {"convolutions", cudnn_engines()}};
  if constexpr (PREMIX_HAS_CUDA) {
    result["name"] = cuda_device_info(device.index).name;
    result["driver"] = cuda_driver_version();
    result["cuda"] = cuda_runtime_version();
  }
  return result;
}

ordered_json range_json(DrawRange range) { return {range.least, range.most}; }

ordered_json samples_json(const Recipe& recipe) {
  return {{"degradation", degradation_name(recipe.degradation)},
          {"train_ratio", recipe.train_ratio},
          {"ms_gain", range_json(recipe.ms_gain)},
          {"pan_gain", range_json(recipe.pan_gain)},
          {"crop", recipe.crop},
          {"crops_per_image", recipe.crops_per_image},
          {"visits", recipe.visits},
          {"dihedral", recipe.dihedral},
          {"brightness", range_json(recipe.brightness)},
          {"band_brightness", recipe.band_brightness},
          {"noise", recipe.noise},
          {"shift", recipe.shift},
          {"pan_mix", recipe.pan_mix},
          {"loss", loss_name(recipe.loss)},
          {"bias", recipe.bias},
          {"full_resolution", recipe.full_resolution},
          {"full_resolution_gain", recipe.full_resolution_gain},
          {"detail", recipe.detail},
          {"schedule", schedule_name(recipe.schedule)},
          {"average", recipe.average},
          {"clip_norm", recipe.clip_norm}};
}

}  // namespace

std::string hash_of_data(const TrainingData& data, std::size_t num_workers) {
  Hash hash;
  for (const Dataset* dataset : {&data.train, &data.val}) {
    std::vector<std::size_t> order(dataset->size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Loader loader(*dataset, order, {.batch_size = 1, .num_workers = num_workers});
    while (const auto batch = loader.next()) {
      hash.add(batch->names.front());
      for (const auto* tensor : {&batch->ms, &batch->pan, &batch->truth}) hash.add(tensor->values());
    }
  }
  return hash.text();
}

std::string hash_of_parameters(const PreMix<float>& model) {
  Hash hash;
  for_each_parameter(model, [&](const std::string&, const auto& variable, FileOrder) {
    hash.add(variable.value().to(cpu()).values());
  });
  return hash.text();
}

std::string recipe_of(const TrainingData& data, const TrainingOptions& options, const TrainingHooks& hooks,
                      const RecipeHashes& hashes) {
  ordered_json recipe = {{"network", network_json(options.network)},
                         {"init", hashes.init.empty() ? ordered_json(nullptr) : ordered_json(hashes.init)},
                         {"precision", precision_name(options.precision)},
                         {"seed", options.seed},
                         {"lr", options.lr},
                         {"batch_size", options.batch_size},
                         {"test_freq", options.test_freq},
                         {"epochs", options.epochs},
                         {"data_hash", hashes.data},
                         {"train_images", data.train.size()},
                         {"val_images", data.val.size()},
                         {"max_val", options.info.max_val},
                         {"ratio", options.info.ratio},
                         {"premix_version", PREMIX_VERSION}};
  if (options.recipe != Recipe{}) recipe["samples"] = samples_json(options.recipe);
  if (!hashes.teacher.empty()) recipe["teacher"] = {{"hash", hashes.teacher}, {"weight", options.teacher_weight}};
  for (const auto& [name, set] :
       {std::pair{"loss", bool(hooks.loss)}, std::pair{"lr", bool(hooks.lr)}, std::pair{"sample", bool(hooks.sample)}})
    if (set) recipe["hooks"].push_back(name);
  return recipe.dump();
}

std::string init_hash_of(const std::string& recipe) {
  const json document = json::parse(recipe, nullptr, /*allow_exceptions=*/false);
  const json init = document.is_object() ? document.value("init", json()) : json();
  return init.is_string() ? init.get<std::string>() : std::string();
}

void check_same_recipe(const std::string& stored, const std::string& now, const std::filesystem::path& state) {
  const json before = json::parse(stored, nullptr, /*allow_exceptions=*/false);
  if (!before.is_object())
    fail(ErrorKind::data, state.string(), ": no record of the options of its training. Begin anew by ",
         Option("start", "overwrite"), '.');
  const json flat_before = before.flatten(), flat_now = json::parse(now).flatten();
  json keys = flat_before;
  keys.update(flat_now);
  // The schedule decides whether earlier epochs depend on the number of epochs.
  const bool more_epochs = flat_now.value("/samples/schedule", "") != schedule_name(Schedule::cosine);
  for (const auto& [key, ignored] : keys.items()) {
    if (key == "/premix_version" || (key == "/epochs" && more_epochs)) continue;
    const json then = flat_before.value(key, json()), value = flat_now.value(key, json());
    if (then != value)
      fail(ErrorKind::usage, state.string(), ": the training began with ", key.substr(1), ' ', then.dump(),
           ", now it is ", value.dump(), ". Resume with the same options and data, or begin anew by ",
           Option("start", "overwrite"), '.');
  }
}

void write_manifest(const std::filesystem::path& path, const std::string& recipe, const TrainingData& data,
                    const TrainingOptions& options) {
  ordered_json run = {{"command", options.command},    {"data", data.train.source().location()},
                      {"sensor", options.info.sensor}, {"train", data.train.names()},
                      {"val", data.val.names()},       {"device", concat(options.device)},
                      {"threads", threads()},          {"num_workers", options.num_workers},
                      {"instruction_set", isa_name()}, {"compiler", __VERSION__}};
  if (options.device != cpu()) run["gpu"] = gpu_json(options.device);
  const ordered_json manifest = {{"recipe", ordered_json::parse(recipe)}, {"run", run}};
  const std::string text = manifest.dump(2, ' ', /*ensure_ascii=*/false, ordered_json::error_handler_t::replace);
  write_stream_atomically(path, [&](std::ostream& out) { out << text << '\n'; });
}

}  // namespace premix::training
