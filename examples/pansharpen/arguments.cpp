#include "pansharpen/arguments.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <sstream>

#include "cli.hpp"
#include "premix/core/error.hpp"
#include "premix/data/sensors.hpp"

namespace premix::cli {
namespace {

// Unparsed arguments of the command line.
struct Words {
  std::vector<std::string> files;  // PAN, MS..., OUT
  std::string list, method, quality, activation, alignment, extent = "none", precision = "fp32", overviews,
                                                            resampling = "cubic";
  std::optional<double> beta;
  std::optional<int> bit_depth;
  std::optional<std::string> sensor;
  std::vector<double> projwin, shift;
  std::vector<std::int64_t> srcwin;
  std::uint64_t max_memory = 0;
  Arguments result;
};

constexpr int most_files = 10000;

void add_input(CLI::App& app, Words& words) {
  SceneOptions& scene = words.result.options.scene;
  const auto input = [&](CLI::Option* option) { return option->group("Input"); };
  input(
      app.add_option(
          "-b,--band", scene.bands,
          "MS bands in the order of the weights, counted from 1 over all MS files; default: by name, else by position"))
      ->delimiter(',')
      ->type_size(1)
      ->type_name("N,N,...")
      ->allow_extra_args(false);
  auto* max_val = input(app.add_option("--max-val", scene.max_val, "Count that becomes 1; default: from the weights"));
  auto* depth = input(app.add_option("--bit-depth,--bitdepth", words.bit_depth,
                                     "Number of bits, in place of --max-val: 11 for 2047"))
                    ->check(CLI::Range(1, 32));
  max_val->excludes(depth);
  input(app.add_option("--sensor", words.sensor,
                       "Sensor, to choose weights; default: from the files. With --model: in place of --max-val"));
  input(app.add_option("--nodata", scene.nodata, "Nodata value of PAN, MS and OUT; overrides the files"));
  input(app.add_flag("--ignore-nodata", scene.ignore_nodata, "Treat nodata and masked pixels as valid"));
  input(app.add_option("--assume-aligned", words.alignment,
                       "For images without geotransform: align image edges, or centres of the corner pixels"))
      ->check(CLI::IsMember({"edges", "centres"}));
  input(app.add_flag("--allow-ratio", scene.allow_ratio,
                     "Accept a ratio that differs by more than 2 % from the weights'"));
  input(
      app.add_flag("--allow-range", scene.allow_range, "Accept counts out of range in more than 0.1 % of the pixels"));
  input(app.add_flag("--estimate-shift", words.result.estimate_shift,
                     "Measure the shift of the MS and write nothing; files: PAN MS [MS ...]"));
  auto* shift = input(
      app.add_option("--shift", words.shift,
                     "DX,DY: shift of the MS content to correct, in PAN pixels; positive: too far right or down"));
  shift->delimiter(',')->expected(2)->allow_extra_args(false);
  input(
      app.add_flag("--correct-shift", words.result.options.correct_shift, "Measure the shift of the MS and correct it"))
      ->excludes(shift);
  input(
      app.add_option("--activation", words.activation, "Activation of the mixing mask, for weights without metadata"));
  input(app.add_option("--beta", words.beta, "Beta of the mixing mask, for weights without metadata"));
}

void add_output(CLI::App& app, Words& words) {
  Arguments& result = words.result;
  const auto output = [&](CLI::Option* option) { return option->group("Output"); };
  output(app.add_option(
             "--spatial-extent-adjustment,--extent", words.extent,
             "Extent of OUT: none (that of the PAN), intersection, or union of PAN and MS; missing pixels are nodata"))
      ->check(CLI::IsMember({"none", "intersection", "union"}))
      ->capture_default_str();
  auto* projwin = output(app.add_option("--projwin", words.projwin,
                                        "ULX ULY LRX LRY: fuse this window, in CRS coordinates (also -projwin)"))
                      ->expected(4)
                      ->allow_extra_args(false);
  output(
      app.add_option("--srcwin", words.srcwin, "XOFF YOFF XSIZE YSIZE: fuse this window, in PAN pixels (also -srcwin)"))
      ->expected(4)
      ->allow_extra_args(false)
      ->excludes(projwin);
  output(app.add_option("--of,--output-format", result.options.output.driver,
                        "GDAL format; default: from the extension (also -of)"));
  output(app.add_option("--co,--creation-option", result.options.output.creation_options,
                        "KEY=VALUE for the format; repeatable (also -co)"))
      ->type_size(1)
      ->allow_extra_args(false);
  output(app.add_option("--ot,--output-data-type", result.options.scene.data_type,
                        "Data type: Byte, UInt16, Int16, Float32, ...; rounds half away from zero and clips; default: "
                        "that of the MS (also -ot)"));
  output(app.add_option("--overviews", words.overviews, "average: add overviews"))
      ->check(CLI::IsMember({"none", "average"}));
  output(app.add_option(
             "--back-projection", result.options.back_projections,
             "Rounds of back projection, for weights trained on other sensors; 1 removes most of a colour bias"))
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  output(app.add_flag_callback(
      "--overwrite", [&] { result.options.output.existing = Existing::replace; }, "Replace an existing OUT"));
  output(app.add_flag("--resume", result.options.resume, "Continue an interrupted run"));
  output(app.add_flag("-q,--quiet", result.quiet, "Print errors only"));
}

void add_work(CLI::App& app, Words& words) {
  app.add_option("--method", words.method,
                 "premix (needs --model), or a baseline: brovey, gsa, mtf-glp, exp (enlarged MS); default without "
                 "--model: installed weights that fit the scene, else mtf-glp");
  app.add_option("--quality", words.quality, "Preference when weights are chosen: best (default), or fast")
      ->check(CLI::IsMember({"best", "fast"}));
  app.add_option("-w,--weight", words.result.baseline.options.weights,
                 "For --method brovey: weight of each MS band in the PAN; default: equal")
      ->delimiter(',')
      ->type_size(1)
      ->type_name("W,W,...")
      ->allow_extra_args(false);
  app.add_option("-r,--resampling", words.resampling, "For a baseline: resampling of the MS: nearest, bilinear, cubic")
      ->check(CLI::IsMember({"nearest", "bilinear", "cubic"}))
      ->capture_default_str();
  app.add_option(
         "--clahe-cell", words.result.network.clahe_cell,
         "Cell size of contrast equalisation in PAN pixels, a multiple of 4; default: that of training times the ratio")
      ->check(CLI::Range(16, 4096));
  app.add_option("--max-memory", words.max_memory,
                 "Memory limit of the program: 300M, 4G, ...; default: 4G, at most half of the machine's memory")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--device", words.result.device, "auto, cpu, or the index of a GPU")->capture_default_str();
  app.add_option("--precision", words.precision, "Precision: fp32, bf16 (GPU, or CPU with AVX512-BF16) or tf32 (GPU)")
      ->capture_default_str();
  app.add_option("-j,--threads,--num-threads", words.result.threads,
                 "Compute threads: a number, or ALL_CPUS (default)");
}

SceneFiles scene_files(const std::vector<std::string>& files, const std::string& where) {
  if (files.size() < 3) fail(ErrorKind::usage, where, ": a scene needs PAN, MS and OUT. See --help.");
  return {files.front(), {files.begin() + 1, files.end() - 1}, files.back()};
}

// Reads one scene per line. Files are separated by tabs if the line has any, else by blanks.
std::vector<SceneFiles> read_list(const std::string& path) {
  std::ifstream file(path);
  if (!file) fail(ErrorKind::data, path, ": cannot open the list of scenes");
  std::vector<SceneFiles> scenes;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const char between = line.find('\t') != std::string::npos ? '\t' : ' ';
    std::istringstream words(line);
    std::vector<std::string> files;
    for (std::string word; std::getline(words, word, between);)
      if (!word.empty()) files.push_back(word);
    scenes.push_back(scene_files(files, concat(path, ", line ", number)));
  }
  if (scenes.empty()) fail(ErrorKind::data, path, ": no scene in this list");
  return scenes;
}

std::int64_t usual_memory() {
  const std::int64_t machine = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  return std::min<std::int64_t>(std::int64_t{4} << 30, machine / 2);
}

void read_method(Words& words) {
  Arguments& result = words.result;
  const bool names_baseline = !words.method.empty() && words.method != "premix";
  if (names_baseline) {
    try {
      result.baseline.method = classical_method_by_name(words.method);
      result.uses_baseline = true;
    } catch (const Error& error) {
      fail(ErrorKind::usage, "--method: ", error.message(), ", premix");
    }
    if (!result.network.weights.empty())
      fail(ErrorKind::usage, "--method ", words.method, " takes no --model. Leave one out.");
  } else if (result.network.weights.empty() && !words.method.empty() && result.fuses()) {
    fail(ErrorKind::usage, "--method premix needs --model. Name the weights, or leave both out to have them chosen.");
  }
  result.chooses = words.method.empty() && result.network.weights.empty() && result.fuses();
  if (!words.quality.empty() && !result.chooses)
    fail(ErrorKind::usage, "--quality is for chosen weights. Leave it out, or --model and --method.");
  if (result.chooses && (!words.activation.empty() || words.beta))
    fail(ErrorKind::usage, "--activation and --beta are for weights without metadata. Name the weights by --model.");
  const bool mtf_glp = result.uses_baseline && result.baseline.method == ClassicalMethod::mtf_glp;
  const bool brovey = result.uses_baseline && result.baseline.method == ClassicalMethod::brovey;
  if (words.resampling != "cubic") {
    result.baseline.resampling = words.resampling == "nearest" ? Resampling::nearest : Resampling::bilinear;
    if (!result.uses_baseline || mtf_glp)
      fail(ErrorKind::usage, "-r ", words.resampling,
           " is for --method brovey, gsa and exp: networks are trained on cubic, and mtf-glp is defined by it");
  }
  if (!result.baseline.options.weights.empty() && !brovey)
    fail(ErrorKind::usage, "-w is for --method brovey. Leave it out.");
}

// Sets value range and sensor. A sensor sets the range, unless it serves to choose weights.
void read_sensor(Words& words) {
  SceneOptions& scene = words.result.options.scene;
  if (words.bit_depth) scene.max_val = std::ldexp(1.0, *words.bit_depth) - 1;
  if (words.result.chooses) {
    words.result.sensor = words.sensor;
    words.sensor.reset();
  }
  if (scene.max_val && words.sensor)
    fail(ErrorKind::usage, "--sensor excludes --max-val and --bit-depth with --model or --method. Leave one out.");
  if (scene.max_val || words.sensor) scene.max_val = resolve_max_val(scene.max_val, words.sensor);
}

Arguments read(Words words) {
  Arguments& result = words.result;
  SceneOptions& scene = result.options.scene;
  result.lists_weights = result.network.weights == "list";
  if (result.lists_weights) return result;
  if (!words.list.empty() && !words.files.empty())
    fail(ErrorKind::usage, "--list and files exclude each other. Leave one out.");
  result.many = !words.list.empty();
  if (!result.fuses() && !result.many) words.files.push_back("");  // OUT is absent
  result.scenes = result.many ? read_list(words.list) : std::vector{scene_files(words.files, "files")};
  read_method(words);
  NetworkFusion& network = result.network;
  if (network.clahe_cell && *network.clahe_cell % 4 != 0)
    fail(ErrorKind::usage, "--clahe-cell ", *network.clahe_cell, ": must be a multiple of 4");
  if (!words.activation.empty()) network.mixing.activation = activation_by_name(words.activation);
  network.mixing.beta = words.beta;
  if (!words.alignment.empty())
    scene.assume_aligned = words.alignment == "edges" ? Alignment::edges : Alignment::centres;
  scene.extent = words.extent == "none"    ? Extent::none
                 : words.extent == "union" ? Extent::union_
                                           : Extent::intersection;
  read_sensor(words);
  if (!words.quality.empty()) result.quality = weights_quality_by_name(words.quality);
  if (!words.projwin.empty()) scene.projwin = {words.projwin[0], words.projwin[1], words.projwin[2], words.projwin[3]};
  if (!words.srcwin.empty()) scene.srcwin = {words.srcwin[1], words.srcwin[0], words.srcwin[3], words.srcwin[2]};
  if (!words.shift.empty()) result.options.shift = {words.shift[0], words.shift[1]};
  if (words.overviews == "average") result.options.overviews = Overviews::average;
  network.precision = precision_by_name(words.precision);
  result.options.max_memory = words.max_memory > 0 ? static_cast<std::int64_t>(words.max_memory) : usual_memory();
  const bool reports = std::any_of(result.scenes.begin(), result.scenes.end(),
                                   [&](const SceneFiles& files) { return result.reports(files); });
  result.options.measure_consistency = reports;
  result.options.measure_periodicity = reports;
  result.options.check_shift = reports;
  return result;
}

}  // namespace

FusionMethod Arguments::method() const {
  if (chooses)
    return AutomaticFusion{.sensor = sensor,
                           .quality = quality,
                           .device = device_by_name(device),
                           .precision = network.precision,
                           .clahe_cell = network.clahe_cell};
  if (network.weights.empty()) return baseline;
  NetworkFusion chosen = network;
  chosen.device = device_by_name(device);
  return chosen;
}

const FlagNames pansharpen_flags = {{"bands", "-b"},
                                    {"weights", "-w"},
                                    {"projwin", "-projwin"},
                                    {"srcwin", "-srcwin"},
                                    {"driver", "-of"},
                                    {"creation_options", "-co"},
                                    {"data_type", "-ot"},
                                    {"extent", "--spatial-extent-adjustment"},
                                    {"back_projections", "--back-projection"},
                                    {"existing=replace", "--overwrite"}};

std::function<Arguments()> add_options(CLI::App& app) {
  const auto words = std::make_shared<Words>();
  words->result.with_flags = [&app](const Message& message) { return with_flags(message, app, pansharpen_flags); };
  app.add_option("files", words->files, "Rasters in any format of GDAL; FILE,band=N is one band of FILE")
      ->expected(0, most_files)
      ->type_name("PAN MS [MS ...] OUT");
  app.add_option("--list", words->list, "Text file in place of files: the files of one scene per line");
  app.add_option("-m,--model", words->result.network.weights,
                 "Weights: a file of premix-train, the name of installed ones, or list to print these; default: chosen "
                 "by sensor, ratio and number of bands");
  add_work(app, *words);
  add_input(app, *words);
  add_output(app, *words);
  return [words] { return read(*words); };
}

}  // namespace premix::cli
