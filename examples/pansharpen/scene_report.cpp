#include "pansharpen/scene_report.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <utility>

#include "gdal_habits.hpp"

namespace premix::cli {
namespace {

std::string file_of(const std::string& path) { return std::filesystem::path(path).filename().string(); }

bool is_classical(const InspectedScene& scene, const Arguments& arguments) {
  return scene.choice ? scene.choice->weights.empty() : arguments.uses_baseline;
}

std::string range_source(const InspectedScene& scene, const Arguments& arguments) {
  if (arguments.options.scene.max_val) return "as given";
  if (scene.measured_max_val) return "measured: 99.9 % of the counts of the brightest band";
  if (is_classical(scene, arguments)) return "counts as they are";
  return scene.choice && scene.choice->max_val ? "the sensor's" : "the weights'";
}

void print_periodicity(const SceneReport& report, const Arguments& arguments) {
  const Periodicity& patterns = *report.periodicity;
  std::printf("patterns in flat areas, power relative to the neighbourhood: period 2 %.2f, period 4 %.2f\n",
              patterns.period_2, patterns.period_4);
  for (const auto& [period, value] : {std::pair{2, patterns.period_2}, {4, patterns.period_4}})
    if (value > Periodicity::bound)
      std::printf("warning: pattern of period %d in flat areas: %.1f times its neighbourhood; %g is the bound. %s\n",
                  period, value, Periodicity::bound,
                  is_classical(report, arguments)
                      ? "Check the PAN and the MS for stripes."
                      : "Use other weights, for example of a longer training, or --method mtf-glp.");
}

}  // namespace

void print_scene(const InspectedScene& scene, const Arguments& arguments) {
  static const std::map<MatchedBy, std::string> how = {
      {MatchedBy::number, "as -b says"}, {MatchedBy::name, "by name"}, {MatchedBy::position, "by position"}};
  if (scene.choice)
    std::printf("%s: %s\n", scene.choice->name.empty() ? "MTF-GLP" : ("weights " + scene.choice->name).c_str(),
                scene.choice->reason.c_str());
  const SceneGeometry& geometry = scene.geometry;
  std::printf("PAN %lld x %lld, MS %lld x %lld, ratio %.4f x %.4f, product %lld x %lld\n",
              static_cast<long long>(geometry.pan_width), static_cast<long long>(geometry.pan_height),
              static_cast<long long>(geometry.ms_width), static_cast<long long>(geometry.ms_height),
              geometry.map.column_ratio(), geometry.map.row_ratio(), static_cast<long long>(scene.output.width),
              static_cast<long long>(scene.output.height));
  std::printf("bands, %s:", how.at(scene.matched_by).c_str());
  for (std::size_t band = 0; band < scene.bands.size(); ++band) {
    const auto& [name, path, number] = scene.bands[band];
    std::printf("%s %s = band %d of %s", band == 0 ? "" : ",",
                name.empty() ? std::to_string(band + 1).c_str() : name.c_str(), number, file_of(path).c_str());
  }
  std::printf("\nrange %g to %g, %s\n", scene.ranges.front().zero, scene.ranges.front().one,
              range_source(scene, arguments).c_str());
  if (scene.output_nodata_chosen && !scene.output.bands.empty() && scene.output.bands.front().nodata)
    std::printf("nodata is %g in the output: no value was given that it can hold. --nodata sets one.\n",
                *scene.output.bands.front().nodata);
  for (const Message& warning : scene.warnings) std::printf("warning: %s\n", arguments.with_flags(warning).c_str());
  std::fflush(stdout);
}

void print_shift(const InspectedScene& scene, const Arguments& arguments) {
  std::vector<std::string> names;
  for (const BandSource& band : scene.bands) names.push_back(band.name);
  std::printf("%s", arguments.with_flags(describe(*scene.shift, names)).c_str());
}

// A shift above half a pixel blurs edges or doubles them.
void print_uncorrected_shift(const SceneReport& report, const Arguments& arguments) {
  constexpr double most_shift = 0.5;
  if (!report.shift || arguments.options.correct_shift) return;
  const Shift shift = report.shift->recommended;
  if (std::hypot(shift.dx, shift.dy) <= most_shift) return;
  std::printf("warning: the MS is shifted by %.2f, %.2f PAN pixels. --correct-shift corrects it.\n", shift.dx,
              shift.dy);
}

void print_result(const SceneReport& report, const Arguments& arguments) {
  print_uncorrected_shift(report, arguments);
  const SceneProgress& work = report.progress;
  const ProductReport& product = report.file;
  const std::optional<Consistency>& consistency = report.consistency;
  const double megapixels = static_cast<double>(work.fused_pixels) * 1e-6;
  std::printf("%.2f Mpixel in %.1f s, %.2f Mpixel/s; %.1f MB written\n", megapixels, work.seconds,
              work.seconds > 0 ? megapixels / work.seconds : 0, static_cast<double>(product.bytes) * 1e-6);
  if (std::any_of(product.clipped.begin(), product.clipped.end(), [](double share) { return share > 0; })) {
    std::printf("clipped to what %s holds:", report.output.data_type.c_str());
    for (const double share : product.clipped) std::printf(" %.4f %%", 100 * share);
    std::printf("\n");
  }
  if (report.periodicity) print_periodicity(report, arguments);
  if (!consistency) return;
  std::printf("consistency with the MS, averaged over its pixels: bias");
  for (const double bias : consistency->bias) std::printf(" %+.3f %%", 100 * bias);
  std::printf(", R-SAM %.3f degrees, R-ERGAS %.3f\n", consistency->sam_degrees, consistency->ergas);
  constexpr double most_bias = 0.005;
  if (std::any_of(consistency->bias.begin(), consistency->bias.end(),
                  [](double bias) { return std::abs(bias) > most_bias; }))
    std::printf("The colours are shifted by more than %g %%. %s--back-projection 2 keeps them.\n", 100 * most_bias,
                is_classical(report, arguments) ? "" : "Weights of similar images, or ");
}

SceneProgressLine::SceneProgressLine(bool quiet) : quiet_(quiet), terminal_(isatty(STDOUT_FILENO) != 0) {}

SceneProgressLine::~SceneProgressLine() {
  if (open_) std::cout << std::endl;
}

void SceneProgressLine::operator()(const SceneProgress& progress) {
  if (quiet_) return;
  if (!terminal_) {
    write_gdal_progress(printed_, static_cast<double>(progress.pixels) / static_cast<double>(progress.all_pixels));
    return;
  }
  const double rate = static_cast<double>(progress.fused_pixels) / std::max(progress.seconds, 1e-9);
  const auto left = static_cast<long>(static_cast<double>(progress.all_pixels - progress.pixels) / rate);
  char text[128];
  std::snprintf(text, sizeof text, "\r%5.1f %%, %.2f Mpixel/s, %ld:%02ld:%02ld left ",
                100.0 * static_cast<double>(progress.pixels) / static_cast<double>(progress.all_pixels), rate * 1e-6,
                left / 3600, left / 60 % 60, left % 60);
  std::cout << text << std::flush;
  open_ = true;
}

}  // namespace premix::cli
