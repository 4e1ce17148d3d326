#include "flags.hpp"

#include <algorithm>
#include <filesystem>

#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"
#include "premix/data/pair_folder.hpp"
#include "premix/data/sensors.hpp"
#include "tilde.hpp"

namespace premix::cli {

const FlagNames training_flags = {{"bands", "--ms_chans"},
                                  {"mixing", "--EWFM"},
                                  {"rgb", "--rgb_c"},
                                  {"start=resume", "--resume"},
                                  {"start=overwrite", "--overwrite"},
                                  {"existing=replace", "--overwrite"}};

void NetworkFlags::add_to(CLI::App& app) {
  app_ = &app;
  const char* group = "Network";
  app.add_option("--ms_chans", config.bands, "Bands of the MS images")->capture_default_str()->group(group);
  app.add_option("--embed_dim", config.embed_dim, "Feature channels")->capture_default_str()->group(group);
  app.add_option("--kernel_size", config.kernel_size, "Side of the encoders' convolution kernels")
      ->capture_default_str()
      ->group(group);
  app.add_option("--pf_kernel", config.pf_kernel, "Side of the predicted filters")->capture_default_str()->group(group);
  app.add_option("--num_layers", config.num_layers, "Mixing blocks per sub-model")->capture_default_str()->group(group);
  app.add_flag("--EWFM", config.mixing, "Element-wise feature mixing")->group(group);
  app.add_option("--activation", activation,
                 "Activation of the mixing mask: sigmoid, tanh+relu, tanh+elu, softsign+elu, softsign+relu")
      ->group(group);
  app.add_option("--beta", config.beta, "Mask: soft without beta, hard with threshold beta up to 1, trainable above 1")
      ->group(group);
}

std::optional<Activation> NetworkFlags::given_activation() const {
  if (activation.empty()) return std::nullopt;
  return activation_by_name(activation);
}

PreMixConfig NetworkFlags::network() const {
  PreMixConfig result = config;
  if (const auto given = given_activation()) result.activation = *given;
  if (result.mixing && activation.empty())
    fail(ErrorKind::usage,
         "--EWFM needs --activation: one of sigmoid, tanh+relu, tanh+elu, softsign+elu, softsign+relu");
  result.check();
  return result;
}

void NetworkFlags::check_agreement(const PreMixConfig& weights, const std::string& path) const {
  const auto compare = [&](const char* flag, const auto& given, const auto& theirs) {
    if (app_->count(flag) > 0 && given != theirs)
      fail(ErrorKind::usage, path, ": these weights have ", flag, ' ', theirs, ", the command line has ", given,
           ". Leave the flag out, or use other weights.");
  };
  const auto layers = [](const PreMixConfig& network) { return std::max(network.num_layers, 1); };
  compare("--ms_chans", config.bands, weights.bands);
  compare("--embed_dim", config.embed_dim, weights.embed_dim);
  compare("--kernel_size", config.kernel_size, weights.kernel_size);
  compare("--pf_kernel", config.pf_kernel, weights.pf_kernel);
  compare("--num_layers", layers(config), layers(weights));
  compare("--EWFM", std::string(config.mixing ? "on" : "off"), std::string(weights.mixing ? "on" : "off"));
  if (!weights.mixing) return;
  compare("--activation", activation, activation_name(weights.activation));
  const auto beta_text = [](std::optional<double> beta) {
    return !beta ? std::string("None") : *beta > 1 ? std::string("trainable") : concat(*beta);
  };
  compare("--beta", beta_text(config.beta), beta_text(weights.beta));
}

void DataFlags::add_to(CLI::App& app) {
  const char* group = "Images";
  app.add_option("--data_dir", data_dirs,
                 "Folders of image pairs: MS_256/NAME.mat with PAN_1024/NAME.mat, or NAME_ms.tif with NAME_pan.tif")
      ->required()
      ->expected(1, 64)
      ->group(group);
  sensor_ = app.add_option("--sensor", sensor, "Sensor, part of the run's name; if given, also sets the value range")
                ->capture_default_str()
                ->group(group);
  app.add_option("--max_val", max_vals, "Count that becomes 1: 2047 for 11 bits; one for all folders, or one each")
      ->delimiter(',')
      ->group(group);
  app.add_flag("--allow-range", pairs.allow_range, "Accept images with more than 0.1 % of their counts above --max_val")
      ->group(group);
  app.add_option("--ratio", pairs.ratio, "PAN pixels along one MS pixel; default: from the images")->group(group);
  app.add_option("--ms_folder", pairs.ms_folder, "Folder of the MS images, of .mat pairs")
      ->capture_default_str()
      ->group(group);
  app.add_option("--pan_folder", pairs.pan_folder, "Folder of the PAN images, of .mat pairs")
      ->capture_default_str()
      ->group(group);
  app.add_option("--band_names", band_names, "Names of the MS bands in order; default: the sensor's")
      ->delimiter(',')
      ->group(group);
  app.add_option("--split_file", split_file,
                 "JSON file: images for training, validation and test; premix-train writes it if missing")
      ->group(group);
  app.add_option("--num_workers", num_workers, "Threads that load images ahead")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--pin_mem,!--no_pin_mem", pin_mem, "No effect; accepted for published command lines")->group(group);
  app.add_option("--threads", threads, "Compute threads; default: one per processor")
      ->check(CLI::PositiveNumber)
      ->group(group);
}

std::shared_ptr<const PairSource> DataFlags::open() {
  if (threads > 0) set_threads(threads);
  if (sensor_is_named()) pairs.sensor = sensor;
  if (max_vals.size() > 1 && max_vals.size() != data_dirs.size())
    fail(ErrorKind::usage, "--max_val: ", max_vals.size(), " values for ", data_dirs.size(),
         " folders. Give one for all, or one each.");
  std::vector<PairSource> sets;
  for (std::size_t i = 0; i < data_dirs.size(); ++i) {
    PairOptions options = pairs;
    if (!max_vals.empty()) options.max_val = max_vals.size() == 1 ? max_vals.front() : max_vals[i];
    sets.push_back(open_pairs(expand_tilde(data_dirs[i]).string(), options));
  }
  return std::make_shared<const PairSource>(joined_pairs(std::move(sets)));
}

Split DataFlags::split(const PairSource& source) const {
  return split_file.empty() ? split_names(source.names()) : load_split(expand_tilde(split_file), source.names());
}

bool DataFlags::split_is_new() const {
  std::error_code ignored;
  return !split_file.empty() && !std::filesystem::exists(expand_tilde(split_file), ignored);
}

std::vector<std::string> DataFlags::names_of_bands(int bands) const {
  if (!band_names.empty()) {
    if (band_names.size() != static_cast<std::size_t>(bands))
      fail(ErrorKind::usage, "--band_names: ", band_names.size(), " names for ", bands, " bands. Give one for each.");
    return band_names;
  }
  if (!pairs.sensor) return {};
  try {
    const Sensor& known = find_sensor(*pairs.sensor);
    if (known.bands.size() == static_cast<std::size_t>(bands)) return {known.bands.begin(), known.bands.end()};
  } catch (const Error&) {  // unknown sensor, allowed with --max_val: band names are unknown
  }
  return {};
}

void add_ignored(CLI::App& app, const std::vector<std::string>& flags) {
  for (const std::string& flag : flags)
    app.add_option_function<std::string>(
           flag, [](const std::string&) {}, "No effect")
        ->group("Accepted for published command lines");
}

}  // namespace premix::cli
