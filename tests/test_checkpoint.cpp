#include "premix/io/checkpoint.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>

#include "io/checkpoint/training_state.hpp"
#include "premix/core/error.hpp"
#include "premix/kernels/convert.hpp"
#include "premix/ops/l1_loss.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden_module.hpp"
#include "support/images.hpp"
#include "support/message_of.hpp"
#include "support/scratch.hpp"

using namespace premix;
using namespace premix::io;
using premix::testing::same_bits;

namespace {

const PreMixConfig small = {.bands = 3, .embed_dim = 4, .kernel_size = 3, .pf_kernel = 5, .num_layers = 2, .seed = 7};

WeightsInfo full_info() {
  WeightsInfo info;
  info.sensor = "GF \"1\"";
  info.sensors = {"GF1", "GF2"};
  info.quality = WeightsQuality::fast;
  info.bands = {"blue", "green", "nir"};
  info.max_val = 1023;
  info.scale = {0.1, 0.2, 0.3, 1.0 / 3};
  info.offset = {0, -1e-300, 2, 3};
  info.ratio = 3.7;
  info.degradation = "blur";
  info.clahe_cell = 32;
  info.premix_version = "0.1.0";
  info.manifest = R"({"seed":7})";
  return info;
}

// Returns the shape of every tensor whose name begins with the prefix. The keys lack the prefix.
std::map<std::string, std::vector<std::int64_t>> shapes_in(const SafetensorsReader& reader, const std::string& prefix) {
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const auto& entry : reader.entries())
    if (entry.name.starts_with(prefix)) shapes[entry.name.substr(prefix.size())] = entry.shape;
  return shapes;
}

template <Real T>
bool same_parameters(const PreMix<T>& a, const PreMix<T>& b) {
  const auto left = parameters(a), right = parameters(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto& x, const auto& y) { return same_bits(x.value(), y.value()); });
}

// Copies a weights file. Passes each tensor to edit(name, shape, values), which returns false to drop the tensor.
using Edit = std::function<bool(std::string& name, std::vector<std::int64_t>& shape, std::vector<float>& values)>;
std::filesystem::path edited(const std::filesystem::path& path, const Edit& edit, bool with_metadata = true) {
  const SafetensorsReader reader(path);
  SafetensorsWriter writer;
  if (with_metadata)
    for (const auto& [key, value] : reader.metadata()) writer.set_metadata(key, value);
  for (const auto& entry : reader.entries()) {
    std::string name = entry.name;
    std::vector<std::int64_t> shape = entry.shape;
    auto values = reader.read<float>(entry);
    if (edit(name, shape, values)) writer.add<float>(name, shape, values);
  }
  const auto result = path.parent_path() / "edited.safetensors";
  writer.write(result);
  return result;
}

std::string load_error(const std::filesystem::path& path, const MixingHint& hint = {}) {
  return message_of(ErrorKind::data, [&] { load_weights(path, hint); });
}

}  // namespace

TEST_CASE("saved weights load to the bit, with architecture and info", "[checkpoint]") {
  const ScratchFolder folder;
  const auto path = folder / "w.safetensors";
  PreMixConfig config = small;
  config.activation = Activation::softsign_elu;
  config.beta = GENERATE(std::optional<double>(), 0.1, -1e-5, 3.0);
  config.mixing = GENERATE(true, false);
  PreMix<float> model(config);
  save_weights(path, model, full_info());

  auto [loaded, info] = load_weights(path);
  CHECK(loaded.config.same_architecture(config));
  CHECK(same_parameters(loaded, model));
  const WeightsInfo expected = full_info();
  CHECK(info.sensor == expected.sensor);
  CHECK(info.sensors == expected.sensors);
  CHECK(info.quality == expected.quality);
  CHECK(info.bands == expected.bands);
  CHECK(info.max_val == expected.max_val);
  CHECK(info.scale == expected.scale);
  CHECK(info.offset == expected.offset);
  CHECK(info.ratio == expected.ratio);
  CHECK(info.degradation == expected.degradation);
  CHECK(info.clahe_cell == expected.clahe_cell);
  CHECK(info.premix_version == expected.premix_version);
  CHECK(info.manifest == expected.manifest);
}

TEST_CASE("weights without a list of sensors are for the sensor of their training, or for any", "[checkpoint]") {
  const ScratchFolder folder;
  const PreMix<float> model(small);
  const auto path = folder / "w.safetensors";
  const auto read_info = [&] { return load_weights(path).info; };
  const auto info_text = [&] { return SafetensorsReader(path).metadata().at("info"); };
  save_weights(path, model, {.sensor = "GF1", .sensors = {"GF1"}});
  CHECK_THAT(info_text(), !contains("sensors") && !contains("quality"));
  CHECK(read_info().sensors == std::vector<std::string>{"GF1"});
  CHECK(read_info().quality == WeightsQuality::best);
  save_weights(path, model, {});
  CHECK_THAT(info_text(), !contains("sensors"));
  CHECK(read_info().sensors.empty());
  save_weights(path, model, {.sensor = "GF1"});
  CHECK(read_info().sensors.empty());
}

TEST_CASE("weights stored as float16 are rounded to nearest even, in half the bytes", "[checkpoint]") {
  const ScratchFolder folder;
  PreMix<float> model(small);
  const auto before = parameters(model);
  float* const values = parameters(model).front().mutable_value().mutable_data();
  values[0] = 1 + 0x1p-11f, values[1] = 1 + 3 * 0x1p-11f, values[2] = 0x1p-24f, values[3] = -65519;
  save_weights(folder / "full", model, full_info());
  save_weights(folder / "half", model, full_info(), WeightsStorage::float16);
  const SafetensorsReader full(folder / "full"), half(folder / "half");
  CHECK(half.metadata() == full.metadata());
  for (const auto& entry : full.entries()) {
    const auto* stored = half.find(entry.name);
    REQUIRE(stored != nullptr);
    CHECK(stored->dtype_name == "F16");
    CHECK(2 * (stored->end - stored->begin) == entry.end - entry.begin);
  }
  const PreMix<float> loaded = load_weights(folder / "half").model;
  const float* const read = parameters(loaded).front().value().data();
  CHECK(read[0] == 1);
  CHECK(read[1] == 1 + 0x1p-9f);
  CHECK(read[2] == 0x1p-24f);
  CHECK(read[3] == -65504);
  const auto after = parameters(loaded);
  for (std::size_t p = 0; p < before.size(); ++p)
    for (std::int64_t i = 0; i < before[p].value().size(); ++i)
      CHECK(after[p].value().data()[i] == widened(narrowed<half_t>(before[p].value().data()[i])));

  values[3] = 65520;
  const auto message = message_of(
      ErrorKind::runtime, [&] { save_weights(folder / "too_large", model, full_info(), WeightsStorage::float16); });
  CHECK_THAT(message, contains("tensor model1.0.") && contains("65520") && contains("65504"));
  CHECK_FALSE(std::filesystem::exists(folder / "too_large"));
}

TEST_CASE("an infinite float16 weight is refused with the tensor's name", "[checkpoint]") {
  const ScratchFolder folder;
  save_weights(folder / "w", PreMix<float>(small), full_info(), WeightsStorage::float16);
  const SafetensorsReader reader(folder / "w");
  SafetensorsWriter writer;
  for (const auto& [key, value] : reader.metadata()) writer.set_metadata(key, value);
  for (const auto& entry : reader.entries()) {
    auto values = reader.read<half_t>(entry);
    if (entry.name == "postconv.0.conv1.weight") values[1] = {0x7c00};
    writer.add<half_t>(entry.name, entry.shape, values);
  }
  writer.write(folder / "infinite");
  CHECK_THAT(load_error(folder / "infinite"), contains("postconv.0.conv1.weight") && contains("infinity"));
}

TEST_CASE("golden: weights have the published names and shapes, and a converted state_dict loads",
          "[checkpoint][golden]") {
  int compared = 0;
  const ScratchFolder folder;
  for (const auto& path : golden::list("full_*.safetensors")) {
    const golden::File file(path);
    INFO(file.name());
    const PreMixConfig config = golden::architecture(file.config());
    if (!file.has("param/postconv.0.conv1.weight")) continue;  // takes its parameters from another file
    save_weights(folder / "w.safetensors", PreMix<float>(config), {});
    CHECK(shapes_in(SafetensorsReader(folder / "w.safetensors"), "") == shapes_in(file.reader(), "param/"));

    SafetensorsWriter lightning;
    for (const auto& name : file.names("param/"))
      lightning.add<float>("model." + name, file.reader().find("param/" + name)->shape,
                           file.reader().read<float>("param/" + name));
    lightning.add<double>("model.model1.0.total_ops", {1}, std::vector<double>{0});
    lightning.write(folder / "lightning.safetensors");
    auto loaded =
        load_weights(folder / "lightning.safetensors", {.activation = config.activation, .beta = config.beta}).model;
    CHECK(loaded.config.same_architecture(config));
    PreMix<float> expected(config);
    golden::read_parameters(file, expected);
    CHECK(same_parameters(loaded, expected));
    ++compared;
  }
  if (compared == 0) PREMIX_SKIP("no golden files full_*.safetensors with parameters; set PREMIX_GOLDEN_DIR");
}

TEST_CASE("files store output channels of filters band-major and weights as (O, I, K, K)", "[checkpoint]") {
  const auto weight =
      premix::testing::image_of<float>({6, 1, 2, 3}, [](auto o, auto, auto k, auto i) { return 100 * o + 10 * i + k; });
  const auto file = to_file_layout("conv.weight", weight, FileOrder{2});
  CHECK(file.shape == std::vector<std::int64_t>{6, 3, 1, 2});
  // The taps 0, 1, 2 of band 0 are the channels 0, 2, 4 in memory.
  CHECK(std::vector<float>(file.values.begin(), file.values.begin() + 8) ==
        std::vector<float>{0, 1, 10, 11, 20, 21, 200, 201});
  CHECK(same_bits(from_file_layout("conv.weight", file, weight.shape(), FileOrder{2}), weight));

  const auto bias = Tensor<double>::from({1, 1, 1, 6}, {0, 1, 2, 3, 4, 5});
  const auto bias_file = to_file_layout("conv.bias", bias, FileOrder{2});
  CHECK(bias_file.shape == std::vector<std::int64_t>{6});
  CHECK(bias_file.values == std::vector<double>{0, 2, 4, 1, 3, 5});
  CHECK(same_bits(from_file_layout("conv.bias", bias_file, bias.shape(), FileOrder{2}), bias));
}

TEST_CASE("weights without metadata load if the hint has what the tensors lack", "[checkpoint]") {
  const ScratchFolder folder;
  const auto path = folder / "w.safetensors";
  const auto keep = [](auto&, auto&, auto&) { return true; };
  const auto bare = [&](const PreMixConfig& config) {
    save_weights(path, PreMix<float>(config), {});
    return edited(path, keep, /*with_metadata=*/false);
  };
  PreMixConfig config = small;
  config.activation = Activation::sigmoid;
  CHECK_THAT(load_error(bare(config)),
             contains("edited.safetensors: no metadata, and its tensors do not tell the activation"));
  CHECK(load_weights(bare(config), {.activation = Activation::sigmoid}).model.config.same_architecture(config));
  config.beta = 0.25;
  CHECK(load_weights(bare(config), {.activation = Activation::sigmoid, .beta = 0.25})
            .model.config.same_architecture(config));
  CHECK_THAT(load_error(bare(config), {.activation = Activation::sigmoid, .beta = 3}),
             contains("no trainable beta, contrary to beta = 3"));
  config.beta = 5;
  CHECK(load_weights(bare(config), {.activation = Activation::sigmoid}).model.config.same_architecture(config));
  CHECK_THAT(load_error(bare(config), {.activation = Activation::sigmoid, .beta = 0.5}),
             contains("a trainable beta, contrary to beta = 0.5"));
  config.mixing = false;
  CHECK(load_weights(bare(config)).model.config.same_architecture(config));
}

TEST_CASE("invalid tensors of weights are refused with the tensor's name", "[checkpoint]") {
  const ScratchFolder folder;
  const auto path = folder / "w.safetensors";
  save_weights(path, PreMix<float>(small), full_info());
  const std::string victim = "model3.1.transconv_ms.0.weight";

  const auto dropped = edited(path, [&](auto& name, auto&, auto&) { return name != victim; });
  CHECK_THAT(load_error(dropped), contains("edited.safetensors: tensor " + victim + " is missing"));

  const auto renamed = edited(path, [&](auto& name, auto&, auto&) {
    if (name == victim) name += "s";
    return true;
  });
  CHECK_THAT(load_error(renamed), contains(victim + " is missing"));

  const auto misshapen = edited(path, [&](auto& name, auto& shape, auto&) {
    if (name == victim) std::swap(shape[0], shape[2]);
    return true;
  });
  CHECK_THAT(load_error(misshapen), contains("tensor " + victim + " is (3, 4, 4, 3), the network has (4, 4, 3, 3)"));

  const auto infinite = edited(path, [&](auto& name, auto&, auto& values) {
    if (name == victim) values[5] = std::numeric_limits<float>::infinity();
    return true;
  });
  CHECK_THAT(load_error(infinite), contains("tensor " + victim + " contains NaN or infinity"));

  const auto fewer_layers = edited(path, [&](auto& name, auto&, auto&) { return !name.starts_with("model1.0.emix"); });
  CHECK_THAT(load_error(fewer_layers), contains("num_layers 2") && contains("num_layers 1"));

  const auto other = edited(path, [&](auto& name, auto&, auto&) { return !name.starts_with("model1"); });
  CHECK_THAT(load_error(other), contains("not the weights of a PreMix network") && contains("model1.0.preconv"));

  SafetensorsWriter writer;
  const SafetensorsReader saved(path);
  for (const auto& [key, value] : saved.metadata()) writer.set_metadata(key, value);
  add_parameters(writer, "", PreMix<float>(small));
  writer.add<float>("model1.0.pf_ms.conv.\nscale", {1}, std::vector<float>{1});
  writer.write(folder / "more.safetensors");
  CHECK_THAT(load_error(folder / "more.safetensors"),
             contains(R"(tensor "model1.0.pf_ms.conv.\nscale" is not in the network)"));
}

TEST_CASE("invalid metadata is refused without large allocations", "[checkpoint]") {
  const ScratchFolder folder;
  const auto path = folder / "w.safetensors";
  const auto with_metadata = [&](const std::string& key, const std::string& from, const std::string& to) {
    SafetensorsWriter writer;
    save_weights(path, PreMix<float>(small), full_info());
    const SafetensorsReader saved(path);
    for (auto [name, value] : saved.metadata()) {
      if (name == key) {
        REQUIRE(value.find(from) != std::string::npos);
        value.replace(value.find(from), from.size(), to);
      }
      writer.set_metadata(name, value);
    }
    add_parameters(writer, "", PreMix<float>(small));
    writer.write(path);
    return load_error(path);
  };
  const std::string not_sound = "w.safetensors: invalid metadata";
  CHECK_THAT(with_metadata("architecture", "{", "["), contains(not_sound));
  CHECK_THAT(with_metadata("architecture", "\"bands\":3", "\"bands\":\"3\""), contains(not_sound));
  CHECK_THAT(with_metadata("architecture", "\"bands\":3", "\"band\":3"), contains(not_sound));
  CHECK_THAT(with_metadata("architecture", "tanh+relu", "tanh"), contains(not_sound) && contains("activation 'tanh'"));
  CHECK_THAT(with_metadata("architecture", "\"pf_kernel\":5", "\"pf_kernel\":4"),
             contains(not_sound) && contains("must be odd"));
  CHECK_THAT(with_metadata("architecture", "\"embed_dim\":4", "\"embed_dim\":40001"),
             contains("embed_dim 40001") && contains("embed_dim 4,"));
  CHECK_THAT(with_metadata("architecture", "\"beta\":null", "\"beta\":2.0"), contains("trainable beta"));
  CHECK_THAT(with_metadata("info", "[\"blue\",", "["), contains(not_sound) && contains("each band needs a name"));
  CHECK_THAT(with_metadata("info", "1023.0", "-1"), contains(not_sound) && contains("max_val"));
  CHECK_THAT(with_metadata("info", "3.7", "0"), contains(not_sound) && contains("ratio"));
}

TEST_CASE("a saved training state loads to the bit and is a valid weights file", "[checkpoint]") {
  const ScratchFolder folder;
  const auto path = folder / "last.safetensors";
  PreMixConfig config = small;
  config.beta = 0.2;  // a hard mask: the convolutions of its logits get no gradient and no moments
  PreMix<float> model(config);
  Adam<float> adam(parameters(model));
  const auto image = premix::testing::uniform_image<float>({1, 12, 12, 3}, 0, 1, 1);
  l1_loss(model(image, premix::testing::uniform_image<float>({1, 12, 12, 1}, 0, 1, 2)), image).backward();
  adam.step();
  save_training_state(path, model, full_info(), adam,
                      {.epochs = 7, .best_psnr_db = 1.0 / 3, .best_file = "ep=6.safetensors"});

  auto state = load_training_state(path);
  CHECK(same_parameters(state.model, model));
  CHECK(state.progress.epochs == 7);
  CHECK(state.progress.best_psnr_db == 1.0 / 3);
  CHECK(state.progress.best_file == "ep=6.safetensors");
  CHECK(state.info.sensor == full_info().sensor);
  REQUIRE(state.moments.size() == adam.moments().size());
  int without = 0;
  for (std::size_t i = 0; i < state.moments.size(); ++i) {
    const auto &loaded = state.moments[i], &saved = adam.moments()[i];
    CHECK(loaded.steps == saved.steps);
    CHECK(loaded.mean.empty() == saved.mean.empty());
    without += saved.mean.empty();
    if (saved.mean.empty()) continue;
    CHECK(same_bits(loaded.mean, saved.mean));
    CHECK(same_bits(loaded.square, saved.square));
  }
  CHECK(without == 4 + 9 * 2 * 2);  // postconv, and two convolutions in each of two blocks of nine sub-models
  CHECK(same_parameters(load_weights(path).model, model));

  save_weights(folder / "w.safetensors", model, full_info());
  CHECK_THAT(message_of(ErrorKind::data, [&] { load_training_state(folder / "w.safetensors"); }),
             contains("init instead of start = resume"));
}

TEST_CASE("a weights file truncated anywhere is refused", "[checkpoint]") {
  const ScratchFolder folder;
  const auto path = folder / "w.safetensors";
  save_weights(path, PreMix<float>(small), full_info());
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{7}, std::size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
    INFO(length << " of " << bytes.size());
    std::ofstream(folder / "cut.safetensors", std::ios::binary) << bytes.substr(0, length);
    CHECK_THAT(load_error(folder / "cut.safetensors"), contains("cut.safetensors: invalid safetensors file"));
  }
}
