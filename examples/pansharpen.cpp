// premix-pansharpen: fuses a PAN raster with MS rasters of the same ground.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "cli.hpp"
#include "gdal_habits.hpp"
#include "premix/core/parallel.hpp"
#include "premix/data/sensors.hpp"
#include "premix/infer/back_projection.hpp"
#include "premix/infer/fuse.hpp"
#include "premix/infer/scene.hpp"
#include "premix/io/product.hpp"
#include "premix/metrics/consistency.hpp"

namespace {

using namespace premix;
namespace fs = std::filesystem;

struct Arguments {
  std::vector<std::string> files;  // PAN, MS..., OUT
  std::string weights, activation, device = "auto", precision = "fp32", threads, alignment, extent = "none";
  std::optional<double> beta;
  std::optional<int> bit_depth;
  std::optional<std::string> sensor;
  SceneOptions scene;
  RasterOutput output;
  int back_projections = 0;
  bool quiet = false;

  const std::string& pan() const { return files.front(); }
  std::vector<std::string> ms() const { return {files.begin() + 1, files.end() - 1}; }
  const std::string& out() const { return files.back(); }
};

constexpr int most_files = 10000;

void add_options(CLI::App& app, Arguments& arguments) {
  SceneOptions& scene = arguments.scene;
  app.add_option("files", arguments.files, "Rasters that GDAL opens; FILE,band=N is one band of FILE")
      ->required()
      ->expected(3, most_files)
      ->type_name("PAN MS [MS ...] OUT");
  app.add_option("-m,--model", arguments.weights, "Weights, as premix-train writes them")->required();

  const auto input = [&](CLI::Option* option) { return option->group("Input"); };
  input(app.add_option("-b,--band", scene.bands,
                       "MS bands in the weights' order, from 1 over all MS files; by name, else by position, if not given"))
      ->delimiter(',')
      ->type_size(1)
      ->allow_extra_args(false);
  auto* max_val = input(app.add_option("--max-val", scene.max_val, "Count that becomes 1; that of the weights if not given"));
  auto* depth = input(app.add_option("--bit-depth,--bitdepth", arguments.bit_depth, "The same by the number of bits: 11 for 2047"))
                    ->check(CLI::Range(1, 32));
  auto* sensor = input(app.add_option("--sensor", arguments.sensor, "The same by the sensor's name"));
  max_val->excludes(depth)->excludes(sensor), depth->excludes(sensor);
  input(app.add_option("--assume-aligned", arguments.alignment,
                       "For images without geotransform, what agrees: edges, or centres of the corner pixels"))
      ->check(CLI::IsMember({"edges", "centres"}));
  input(app.add_option("--spatial-extent-adjustment", arguments.extent,
                       "Of PAN and MS of different extents: none, the whole PAN; intersection, the part that the MS covers as well"))
      ->check(CLI::IsMember({"none", "intersection"}))
      ->capture_default_str();
  input(app.add_flag("--allow-ratio", scene.allow_ratio, "A ratio more than 2 % off that of the weights"));
  input(app.add_flag("--allow-range", scene.allow_range, "Counts out of range in more than 0.1 % of the pixels"));
  input(app.add_flag("--ignore-nodata", scene.ignore_nodata, "Take nodata pixels for counts"));
  input(app.add_option("--activation", arguments.activation, "For weights without metadata: that of the mixing"));
  input(app.add_option("--beta", arguments.beta, "For weights without metadata: that of the mixing"));

  const auto output = [&](CLI::Option* option) { return option->group("Output"); };
  output(app.add_option("--of,--output-format", arguments.output.driver,
                        "Format, GDAL's short name; by the extension if not given (-of works too)"));
  output(app.add_option("--co,--creation-option", arguments.output.creation_options, "KEY=VALUE for the format; repeatable (-co)"))
      ->type_size(1)
      ->allow_extra_args(false);
  output(app.add_option("--ot,--output-data-type", scene.data_type,
                        "Byte, UInt16, ..., counts are rounded and clipped to it; that of the MS if not given (-ot)"));
  output(app.add_option("--back-projection", arguments.back_projections,
                        "Rounds that pull the result towards the MS, for weights trained on other images; 1 removes most of a bias"))
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  output(app.add_flag_callback(
      "--overwrite", [&] { arguments.output.existing = Existing::replace; }, "Replace OUT"));
  app.add_option("--device", arguments.device, "auto, cpu, or the index of a GPU")->capture_default_str();
  app.add_option(
         "--precision", arguments.precision,
         "fp32, bf16 (on a CPU with AVX512-BF16, or a GPU) or tf32 (on a GPU): of features and predicted filters, on a GPU of convolutions")
      ->capture_default_str();
  app.add_option("-j,--threads,--num-threads", arguments.threads, "Number, or ALL_CPUS (the default)");
  output(app.add_flag("-q,--quiet", arguments.quiet, "Print errors alone"));
}

void settle(Arguments& arguments) {
  SceneOptions& scene = arguments.scene;
  if (!arguments.alignment.empty()) scene.assume_aligned = arguments.alignment == "edges" ? Alignment::edges : Alignment::centres;
  scene.extent = arguments.extent == "none" ? Extent::none : Extent::intersection;
  if (arguments.bit_depth) scene.max_val = std::ldexp(1.0, *arguments.bit_depth) - 1;
  if (scene.max_val || arguments.sensor) scene.max_val = resolve_max_val(scene.max_val, arguments.sensor);
}

void use_threads(const std::string& count) {
  if (count.empty() || count == "ALL_CPUS") return;
  const bool number = count.size() < 5 && count.find_first_not_of("0123456789") == std::string::npos;
  if (!number || std::stoi(count) < 1) fail(ErrorKind::usage, "--threads ", count, ": give a number from 1 on, or ALL_CPUS");
  set_threads(std::stoi(count));
}

void check_out_is_no_input(const Arguments& arguments) {
  std::vector<std::string> inputs = arguments.ms();
  inputs.push_back(arguments.pan()), inputs.push_back(arguments.weights);
  for (const std::string& input : inputs) {
    std::error_code none;
    if (fs::equivalent(input.substr(0, input.rfind(",band=")), arguments.out(), none))
      fail(ErrorKind::usage, arguments.out(), ": is the output and an input; give the output another name");
  }
}

MixingHint mixing_hint(const Arguments& arguments) {
  MixingHint hint;
  if (!arguments.activation.empty()) hint.activation = activation_by_name(arguments.activation);
  hint.beta = arguments.beta;
  return hint;
}

// The images of a scene, whole in memory, and the map between them.
struct Images {
  Tensor<float> pan;  // (1, H, W, 1), the part that is fused
  Tensor<float> ms;   // (1, h, w, B)
  GridMap map;
};

Images read_images(const Scene& scene) {
  const SceneIo& io = scene.io;
  const Window& part = io.part;
  Images images = {Tensor<float>({1, part.height, part.width, 1}), Tensor<float>({1, io.ms_height, io.ms_width, io.bands}),
                   shifted(io.map, part)};
  std::vector<std::uint8_t> valid(static_cast<std::size_t>(std::max(part.height * part.width, io.ms_height * io.ms_width)), 1);
  const auto check_valid = [&](const std::string& path) {
    if (std::find(valid.begin(), valid.end(), 0) != valid.end())
      fail(ErrorKind::data, path, ": some pixels are nodata: cut both images to a part without (gdal_translate -projwin)");
  };
  io.read_pan(part, images.pan.mutable_data(), valid.data());
  check_valid(scene.pan.path);
  io.read_ms({0, 0, io.ms_height, io.ms_width}, images.ms.mutable_data(), valid.data());
  check_valid(scene.bands.front().path);
  return images;
}

void print_inputs(const Scene& scene, const WeightsInfo& info, const Arguments& arguments) {
  static const std::map<MatchedBy, std::string> how = {
      {MatchedBy::number, "as -b says"}, {MatchedBy::name, "by name"}, {MatchedBy::position, "by position"}};
  const SceneIo& io = scene.io;
  std::printf("PAN %lld x %lld, MS %lld x %lld, ratio %.4f x %.4f (weights: %g)\n", static_cast<long long>(io.part.width),
              static_cast<long long>(io.part.height), static_cast<long long>(io.ms_width), static_cast<long long>(io.ms_height),
              io.map.column_ratio(), io.map.row_ratio(), info.ratio);
  std::printf("bands, %s:", how.at(scene.matched_by).c_str());
  for (std::size_t band = 0; band < scene.bands.size(); ++band) {
    const auto& [name, path, number] = scene.bands[band];
    std::printf("%s %s = band %d of %s", band == 0 ? "" : ",", name.empty() ? std::to_string(band + 1).c_str() : name.c_str(), number,
                fs::path(path).filename().c_str());
  }
  const bool own_range = arguments.scene.max_val.has_value();
  std::printf("\nrange %g to %g, %s\n", scene.ranges.front().zero, scene.ranges.front().one, own_range ? "as given" : "the weights'");
}

std::optional<Consistency> consistency_of(const Tensor<float>& image, const Images& scene) {
  const auto [degraded, part] = average_on_ms_grid(image, scene.map, scene.ms.shape().h, scene.ms.shape().w);
  if (part.empty()) return std::nullopt;
  return consistency(degraded, crop(scene.ms, part), std::sqrt(scene.map.row_ratio() * scene.map.column_ratio()));
}

void print_consistency(const char* label, const Consistency& result) {
  std::printf("  %-8s bias", label);
  for (const double bias : result.bias) std::printf(" %+.3f %%", 100 * bias);
  std::printf(", R-SAM %.3f degrees, R-ERGAS %.3f\n", result.sam_degrees, result.ergas);
}

// How the images agree with the MS, averaged over its pixels.
void report_consistency(const Tensor<float>& fused, const Tensor<float>& up_ms, const Images& scene) {
  const auto result = consistency_of(fused, scene), bicubic = consistency_of(up_ms, scene);
  if (!result || !bicubic) return;
  std::printf("consistency with the MS, averaged over its pixels:\n");
  print_consistency("fused", *result);
  print_consistency("bicubic", *bicubic);
  constexpr double most_bias = 0.005;
  const auto high = [](double bias) { return std::abs(bias) > most_bias; };
  if (std::any_of(result->bias.begin(), result->bias.end(), high) || result->ergas > bicubic->ergas)
    std::printf("The weights shift the colours of these images: weights trained on their like, or --back-projection 2, keep them.\n");
}

void pansharpen(Arguments& arguments) {
  settle(arguments);
  check_out_is_no_input(arguments);
  check_can_write(arguments.out(), arguments.output.existing);
  use_threads(arguments.threads);
  const Precision precision = precision_by_name(arguments.precision);

  Weights weights = load_weights(arguments.weights, mixing_hint(arguments));
  to(weights.model, cli::device_by_name(arguments.device));
  Scene scene = open_scene(arguments.pan(), arguments.ms(), wanted_by(weights.model.config, weights.info), arguments.scene);
  scene.output.metadata["PREMIX_WEIGHTS"] = fs::path(arguments.weights).filename().string();
  scene.output.metadata["PREMIX_VERSION"] = PREMIX_VERSION;
  if (!arguments.quiet) print_inputs(scene, weights.info, arguments);

  const Images images = read_images(scene);
  const Tensor<float> up_ms = ms_on_pan_grid(images.ms, images.map, images.pan.shape().h, images.pan.shape().w);
  cli::GdalProgress progress(arguments.quiet);
  const Tensor<float> raw = fuse(
      weights.model, up_ms, images.pan, [&](double done) { progress(done); }, precision);
  const Tensor<float> fused = back_projected(raw, images.ms, images.map, arguments.back_projections);
  ProductWriter product(arguments.out(), scene.output, scene.ranges, {.output = arguments.output});
  product.write({0, 0, fused.shape().h, fused.shape().w}, fused.data(), nullptr);
  product.finish();
  if (arguments.quiet) return;
  report_consistency(fused, up_ms, images);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Fuses a panchromatic image with multispectral ones of the same ground, on the PAN's grid, by a PreMix network.",
               "premix-pansharpen");
  Arguments arguments;
  add_options(app, arguments);
  const auto words = premix::cli::with_two_dashes(argc, argv, {"of", "co", "ot", "bitdepth", "threads"});
  return premix::cli::run_program(app, argc, words.data(), [&] { pansharpen(arguments); });
}
