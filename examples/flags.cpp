#include "flags.hpp"

#include <algorithm>
#include <filesystem>

#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"
#include "premix/data/pair_folder.hpp"
#include "premix/data/sensors.hpp"
#include "premix/io/home.hpp"

namespace premix::cli {

void NetworkFlags::add_to(CLI::App& app) {
  const char* group = "Network";
  app.add_option("--ms_chans", config.bands, "Bands of the multispectral images")->capture_default_str()->group(group);
  app.add_option("--embed_dim", config.embed_dim, "Feature channels")->capture_default_str()->group(group);
  app.add_option("--kernel_size", config.kernel_size, "Side of the encoders' convolutions")->capture_default_str()->group(group);
  app.add_option("--pf_kernel", config.pf_kernel, "Side of the predicted filters")->capture_default_str()->group(group);
  app.add_option("--num_layers", config.num_layers, "Mixing blocks in each sub-model")->capture_default_str()->group(group);
  app.add_flag("--EWFM", config.mixing, "Mix the features of the two images element by element")->group(group);
  app.add_option("--activation", activation, "Of the mixing mask: sigmoid, tanh+relu, tanh+elu, softsign+elu, softsign+relu")->group(group);
  app.add_option("--beta", config.beta, "Makes the mask hard (threshold up to 1) or trainable (above 1)")->group(group);
}

std::optional<Activation> NetworkFlags::given_activation() const {
  if (activation.empty()) return std::nullopt;
  return activation_by_name(activation);
}

PreMixConfig NetworkFlags::network() const {
  PreMixConfig result = config;
  if (const auto given = given_activation()) result.activation = *given;
  if (result.mixing && activation.empty())
    fail(ErrorKind::usage, "--EWFM needs --activation: give one of sigmoid, tanh+relu, tanh+elu, softsign+elu, softsign+relu");
  result.check();
  return result;
}

void DataFlags::add_to(CLI::App& app) {
  const char* group = "Images";
  app.add_option("--data_dir", data_dir, "Folder of image pairs: MS_256/NAME.mat with PAN_1024/NAME.mat, or NAME_ms.tif with NAME_pan.tif")
      ->required()
      ->group(group);
  sensor_ =
      app.add_option("--sensor", sensor, "Names the run; where given, also tells the value range")->capture_default_str()->group(group);
  app.add_option("--max_val", pairs.max_val, "The count that becomes 1: 2047 for 11 bits")->group(group);
  app.add_option("--ratio", pairs.ratio, "PAN pixels along one MS pixel; by default as the images are")->group(group);
  app.add_option("--band_names", band_names, "Names of the MS bands in order; by default the sensor's")->delimiter(',')->group(group);
  app.add_option("--split_file", split_file, "Which images train, validate and test (JSON): read where it is there, else written")
      ->group(group);
  app.add_option("--num_workers", num_workers, "Threads that load images ahead")->capture_default_str()->group(group);
  app.add_flag("--pin_mem,!--no_pin_mem", pin_mem, "Taken for the published command lines' sake; has no effect")->group(group);
  app.add_option("--threads", threads, "Threads that compute; by default one for each processor")->group(group);
}

std::shared_ptr<const PairSource> DataFlags::open() {
  if (threads < 0) fail(ErrorKind::usage, "--threads ", threads, ": give 1 or more");
  if (threads > 0) set_threads(threads);
  if (sensor_->count() > 0) pairs.sensor = sensor;
  return std::make_shared<const PairSource>(open_pairs(data_dir, pairs));
}

Split DataFlags::split(const PairSource& source) const {
  if (split_file.empty()) return split_names(source.names());
  const auto path = expand_home(split_file);
  if (std::filesystem::exists(path)) return load_split(path, source.names());
  const Split split = split_names(source.names());
  save_split(path, split);
  return split;
}

std::vector<std::string> DataFlags::names_of_bands(int bands) const {
  if (!band_names.empty()) {
    if (band_names.size() != static_cast<std::size_t>(bands))
      fail(ErrorKind::usage, "--band_names: ", band_names.size(), " names for ", bands, " bands; give one for each");
    return band_names;
  }
  if (!pairs.sensor) return {};
  try {
    const Sensor& known = find_sensor(*pairs.sensor);
    if (known.bands.size() == static_cast<std::size_t>(bands)) return {known.bands.begin(), known.bands.end()};
  } catch (const Error&) {  // a sensor that the table lacks, with --max_val: its bands have no names
  }
  return {};
}

}  // namespace premix::cli
