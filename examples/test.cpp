// premix-test: measures a trained network at reduced and at full resolution.

#include <cstdio>

#include "cli.hpp"
#include "flags.hpp"
#include "premix/core/error.hpp"
#include "premix/infer/weights_catalogue.hpp"
#include "premix/io/atomic_file.hpp"
#include "premix/io/checkpoint.hpp"
#include "premix/train/evaluation_report.hpp"
#include "premix/train/recipe.hpp"
#include "tilde.hpp"

namespace {

using namespace premix;

struct Arguments {
  cli::NetworkFlags network;
  cli::DataFlags data;
  std::string checkpoint, protocol = "both", device = "auto", precision = "fp32", json, csv;
  std::string degradation = "published";
  ReduceOptions reduce;
  bool overwrite = false;

  void add_to(CLI::App& app) {
    app.option_defaults()->take_last();  // the last of repeated flags wins, as in the published programs
    app.add_option("--ckpt", checkpoint, "Weights: a file of premix-train, or the name of installed ones")->required();
    app.add_option("--protocol", protocol, "Resolution: reduced, full or both")
        ->capture_default_str()
        ->check(CLI::IsMember({"reduced", "full", "both"}));
    app.add_option("--degradation", degradation, "How images are reduced: published, or mtf (Gaussian, area-aligned)")
        ->capture_default_str();
    app.add_option("--train_ratio", reduce.ratio, "Ratio of the reduced images; default: that of the images");
    app.add_option("--ms_gain", reduce.ms_gain, "MTF gain of the MS instrument at its Nyquist frequency")
        ->capture_default_str();
    app.add_option("--pan_gain", reduce.pan_gain, "The PAN's gain at the new Nyquist frequency")->capture_default_str();
    app.add_option("--device", device, "auto, cpu, or the index of a GPU")->capture_default_str();
    app.add_option("--precision", precision, "Precision: fp32, bf16 (GPU, or CPU with AVX512-BF16) or tf32 (GPU)")
        ->capture_default_str();
    app.add_option("--json", json, "Write all metrics to this JSON file");
    app.add_option("--csv", csv, "Write the metrics of each image to this CSV file");
    app.add_flag("--overwrite", overwrite, "Replace existing --json and --csv files");
    data.add_to(app);
    network.add_to(app);
    cli::add_ignored(app, {"--batch_size", "--epochs", "--test_freq", "--seed", "--lr", "--rgb_c"});
  }
};

// The default value range is that of the network's training.
void set_default_range(cli::DataFlags& data, const WeightsInfo& info) {
  if (data.max_vals.empty() && !data.sensor_is_named() && info.max_val > 0) data.max_vals = {info.max_val};
}

// ratio: of the images that the network gets.
void check_fits(const PairSource& source, int ratio, const Weights& weights, const cli::DataFlags& data) {
  if (source.bands() != weights.model.config.bands)
    fail(ErrorKind::data, source.location(), ": the images have ", source.bands(), " bands, the weights ",
         weights.model.config.bands, ". Use the weights of this sensor.");
  if (ratio != weights.info.ratio && !data.pairs.ratio)
    fail(ErrorKind::data, source.location(), ": the images have ratio ", ratio, ", the weights were trained at ",
         weights.info.ratio, ". Use other weights, or set --ratio ", source.ratio(), " to measure all the same.");
}

void print_table(const ProtocolScores& result) {
  const auto& [protocol, scores] = result;
  double seconds = 0;
  for (const ImageScores& image : scores.images) seconds += image.seconds;
  std::printf("\n%s resolution, %zu images, %.3f s an image\n", protocol.c_str(), scores.images.size(),
              seconds / static_cast<double>(scores.images.size()));
  std::printf("%-14s %12s %12s   %12s %12s\n", "", "network", "std", "bicubic", "std");
  const auto network = scores.network.rows(), up_ms = scores.up_ms.rows();
  for (std::size_t i = 0; i < network.size(); ++i) {
    if (network[i].metric == "RMSE_plain") std::printf("by the textbooks' definitions:\n");
    if (network[i].metric == "Periodicity_2")
      std::printf("patterns in flat areas, 1 without, %g at most:\n", Periodicity::bound);
    std::printf("%-14s %12.6f %12.6f   %12.6f %12.6f\n", network[i].metric.c_str(), network[i].mean,
                network[i].deviation, up_ms[i].mean, up_ms[i].deviation);
  }
  for (const auto& [method, summary] : {std::pair{"network", &scores.network}, {"bicubic", &scores.up_ms}})
    for (const auto& found : summary->not_finite())
      std::printf("%s: %s of %s is %g and stays out of the mean\n", found.image.c_str(), found.metric.c_str(), method,
                  found.value);
}

void run_test(Arguments& arguments) {
  const Existing existing = arguments.overwrite ? Existing::replace : Existing::refuse;
  for (const std::string& file : {arguments.json, arguments.csv})
    if (!file.empty()) check_can_write(file, existing);
  const Device device = cli::device_by_name(arguments.device);
  const Precision precision = precision_by_name(arguments.precision);
  const auto path = find_weights(cli::expand_tilde(arguments.checkpoint).string());
  Weights weights = load_weights(path, arguments.network.mixing_hint());
  arguments.network.check_agreement(weights.model.config, path.string());
  set_default_range(arguments.data, weights.info);
  const auto source = arguments.data.open();
  ReduceOptions reduce = arguments.reduce;
  reduce.degradation = degradation_by_name(arguments.degradation);
  check_fits(*source, reduce.ms_ratio(source->ratio()), weights, arguments.data);
  const auto images = arguments.data.split(*source).test;
  if (images.empty())
    fail(ErrorKind::data, source->location(), ": no test images. Provide more images, or a --split_file.");
  move_parameters(weights.model, device);

  EvaluationReport report{
      path.string(), source->location(), source->max_val(), static_cast<double>(source->ratio()), {}};
  std::printf("%s\n%zu test images of %s, largest count %g\n", path.c_str(), images.size(), source->location().c_str(),
              source->max_val());
  for (const auto& [name, protocol] : {std::pair{"reduced", Protocol::reduced}, {"full", Protocol::full}}) {
    if (arguments.protocol != "both" && arguments.protocol != name) continue;
    const Dataset dataset(source, images, {.protocol = protocol, .reduce = reduce, .cache_bytes = 0});
    report.protocols.push_back(
        {name,
         evaluate(weights.model, dataset,
                  {.baseline = Baseline::up_ms, .num_workers = arguments.data.num_workers, .precision = precision})});
    print_table(report.protocols.back());
    std::fflush(stdout);
  }
  if (!arguments.json.empty()) write_json(arguments.json, report);
  if (!arguments.csv.empty()) write_csv(arguments.csv, report);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Computes metrics of a trained PreMix network on the test images, and of bicubic enlargement.",
               "premix-test");
  Arguments arguments;
  arguments.add_to(app);
  return premix::cli::run_program(
      app, argc, argv, [&] { run_test(arguments); }, premix::cli::training_flags);
}
