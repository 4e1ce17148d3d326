// premix-train: trains a PreMix network on pairs of images.

#include <cstdio>
#include <filesystem>
#include <span>

#include "cli.hpp"
#include "flags.hpp"
#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"
#include "premix/core/text.hpp"
#include "premix/infer/weights_catalogue.hpp"
#include "premix/io/atomic_file.hpp"
#include "premix/train/trainer.hpp"
#include "progress.hpp"
#include "recipe_flags.hpp"
#include "tilde.hpp"

namespace {

using namespace premix;

struct Arguments {
  cli::NetworkFlags network;
  cli::DataFlags data;
  TrainingOptions training;
  std::string device = "auto", precision = "fp32", out = ".", init, teacher, storage = "full", quality = "best";
  std::vector<std::string> for_sensors;
  bool resume = false, overwrite = false;
  cli::RecipeFlags recipe;

  void add_to(CLI::App& app) {
    app.option_defaults()->take_last();  // the last of repeated flags wins, as in the published programs
    network.add_to(app);
    data.add_to(app);
    const char* group = "Training";
    app.add_option("--epochs", training.epochs, "Passes over the training images")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group(group);
    app.add_option("--batch_size", training.batch_size, "Images per step")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group(group);
    app.add_option("--lr", training.lr, "Learning rate of the first epoch")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group(group);
    app.add_option("--test_freq", training.test_freq, "Epochs between validations")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group(group);
    app.add_option("--seed", training.seed, "Seed of the initial parameters and the order of images")
        ->check(CLI::Range(0.0, 4294967295.0))
        ->capture_default_str()
        ->group(group);
    app.add_option("--init", init, "Initial weights, for fine-tuning: a file, or the name of installed ones")
        ->group(group);
    app.add_option("--teacher", teacher, "Weights of a larger network to learn from: a file, or a name")->group(group);
    app.add_option("--teacher_weight", training.teacher_weight, "Share of the teacher in the loss, 0 to 1")
        ->capture_default_str()
        ->group(group);
    app.add_option("--device", device, "auto, cpu, or the index of a GPU")->capture_default_str()->group(group);
    app.add_option("--precision", precision, "Precision of convolutions: fp32, or on a GPU tf32 or bf16")
        ->capture_default_str()
        ->group(group);
    recipe.add_to(app);
    group = "Results";
    app.add_option("--out", out, "Parent folder; the run's folder has the published code's name")
        ->capture_default_str()
        ->group(group);
    app.add_option("--store", storage, "Numbers of the best weights: full (float), or float16 in half the bytes")
        ->capture_default_str()
        ->group(group);
    app.add_option("--for_sensors", for_sensors, "Sensors that get these weights, or any; default: --sensor, if given")
        ->delimiter(',')
        ->group(group);
    app.add_option("--quality", quality, "Purpose of the weights: best, or fast")->capture_default_str()->group(group);
    app.add_option("--rgb_c", training.rgb, "Bands shown as red, green, blue, counted from 0")
        ->delimiter(',')
        ->capture_default_str()
        ->group(group);
    auto* resume_flag = app.add_flag("--resume", resume, "Continue the run in the folder, or start one")->group(group);
    app.add_flag("--overwrite", overwrite, "Replace the run in the folder")->excludes(resume_flag)->group(group);
  }

  // Sensors that the weights are for; empty: any.
  std::vector<std::string> sensors() const {
    if (for_sensors == std::vector<std::string>{"any"}) return {};
    if (!for_sensors.empty() || !data.sensor_is_named()) return for_sensors;
    return {data.sensor};
  }
};

std::string description_of(const Recipe& recipe) {
  if (recipe.is_published())
    return "Wald's protocol as published: Gaussian blur 3 x 3, sigma 1.5, then bicubic (A = -0.75) by 1 / ratio, both "
           "of MS and PAN";
  return concat("Gaussian MTF, area-aligned, gains at the Nyquist frequency drawn per image and axis: MS ",
                recipe.ms_gain.least, " to ", recipe.ms_gain.most, ", PAN ", recipe.pan_gain.least, " to ",
                recipe.pan_gain.most);
}

std::string command_line(int argc, char** argv) {
  return premix::detail::joined(std::span(argv, static_cast<std::size_t>(argc)), " ");
}

void run_training(Arguments& arguments) {
  TrainingOptions& training = arguments.training;
  training.network = arguments.network.network();
  training.network.seed = training.seed;
  training.recipe = arguments.recipe.recipe();
  training.device = cli::device_by_name(arguments.device);
  training.precision = precision_by_name(arguments.precision);
  if (arguments.resume) training.start = Start::resume;
  if (arguments.overwrite) training.start = Start::overwrite;
  if (!arguments.init.empty()) training.init = find_weights(cli::expand_tilde(arguments.init).string());
  if (!arguments.teacher.empty()) training.teacher = find_weights(cli::expand_tilde(arguments.teacher).string());
  training.storage = weights_storage_by_name(arguments.storage);
  const RunFolder folder(cli::expand_tilde(arguments.out) /
                         run_folder_name({.sensor = arguments.data.sensor,
                                          .network = training.network,
                                          .activation = arguments.network.given_activation()}));
  folder.check(training.start);

  const auto source = arguments.data.open();
  const auto split_file = cli::expand_tilde(arguments.data.split_file);
  const bool split_is_new = arguments.data.split_is_new();
  if (split_is_new) check_can_write(split_file, Existing::refuse);
  const Split split = split_is_new ? split_names(source->names()) : arguments.data.split(*source);
  const ReduceOptions reduce{.degradation = training.recipe.degradation, .ratio = training.recipe.train_ratio};
  const DatasetOptions reduced{.protocol = Protocol::reduced, .reduce = reduce};
  const Dataset train_set(source, split.train, reduced), val_set(source, split.val, reduced);
  training.num_workers = arguments.data.num_workers;
  training.info.sensor = arguments.data.pairs.sensor.value_or("");
  training.info.sensors = arguments.sensors();
  training.info.quality = weights_quality_by_name(arguments.quality);
  training.info.bands = arguments.data.names_of_bands(training.network.bands);
  training.info.max_val = source->max_val();
  training.info.ratio = train_set.ratio();
  training.info.degradation = description_of(training.recipe);
  std::printf("%s\n%zu images train, %zu validate, %zu are kept for the test\n", folder.path().c_str(),
              split.train.size(), split.val.size(), split.test.size());
  std::fflush(stdout);

  cli::TrainingProgressBar bar(training.epochs);
  const auto on_start = [&](int first_epoch) {
    if (split_is_new) save_split(split_file, split);
    bar.start(first_epoch);
  };
  const TrainingResult result = train({train_set, val_set}, folder, training,
                                      {.on_start = on_start,
                                       .on_step = [&](const StepReport& report) { bar.step(report); },
                                       .on_epoch = [&](const EpochReport& report) { bar.epoch(report); }});
  if (result.best_psnr_db)
    std::printf("best: %s, PSNR %.4f dB\n", result.best.c_str(), *result.best_psnr_db);
  else
    std::printf("nothing was validated: the weights are %s\n", result.best.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains a PreMix network on pairs of multispectral and panchromatic images.", "premix-train");
  Arguments arguments;
  arguments.add_to(app);
  arguments.training.command = command_line(argc, argv);
  return premix::cli::run_program(
      app, argc, argv, [&] { run_training(arguments); }, premix::cli::training_flags);
}
