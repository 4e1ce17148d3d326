// premix-pansharpen: fuses a PAN raster with MS rasters of the same ground.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli.hpp"
#include "gdal_habits.hpp"
#include "pansharpen/arguments.hpp"
#include "pansharpen/interrupt.hpp"
#include "pansharpen/scene_report.hpp"
#include "pansharpen/weights_list.hpp"
#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"

namespace {

using namespace premix;

void use_threads(const std::string& count) {
  if (count.empty() || count == "ALL_CPUS") return;
  const bool number = count.size() < 5 && count.find_first_not_of("0123456789") == std::string::npos;
  if (!number || std::stoi(count) < 1) fail(ErrorKind::usage, "--threads ", count, ": must be 1 or more, or ALL_CPUS");
  set_threads(std::stoi(count));
}

// Fuses one scene, or only measures its shift, and reports the result.
void fuse_one(const SceneFuser& fuse, const cli::Arguments& arguments, const SceneFiles& files) {
  const bool reports = arguments.reports(files);
  SceneCallbacks callbacks;
  if (reports) callbacks.opened = [&](const InspectedScene& scene) { cli::print_scene(scene, arguments); };
  if (reports || arguments.estimate_shift)
    callbacks.shift_measured = [&](const InspectedScene& scene) { cli::print_shift(scene, arguments); };
  if (!arguments.fuses()) {
    fuse.inspect(files, callbacks);
    return;
  }
  SceneReport report;
  {
    cli::SceneProgressLine line(!reports);
    callbacks.progress = [&](const SceneProgress& progress) {
      line(progress);
      return !cli::Interrupt::wanted();
    };
    callbacks.finishing = [](double) { return !cli::Interrupt::wanted(); };
    report = fuse(files, callbacks);
  }
  if (reports) cli::print_result(report, arguments);
}

// Continues after a failed scene and prints the status of each scene.
void fuse_many(const SceneFuser& fuse, const cli::Arguments& arguments) {
  std::size_t failed = 0;
  for (const SceneFiles& files : arguments.scenes) {
    std::string problem;
    try {
      fuse_one(fuse, arguments, files);
    } catch (const Error& error) {
      problem = arguments.with_flags(error.message());
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (!problem.empty()) ++failed;
    if (problem.empty())
      std::printf("done: %s\n", files.out.c_str());
    else
      std::fprintf(stderr, "failed: %s: %s\n", files.out.c_str(), problem.c_str());
    std::fflush(stdout);
    if (cli::Interrupt::wanted()) fail(ErrorKind::runtime, "stopped");
  }
  if (failed > 0) fail(ErrorKind::runtime, failed, " of ", arguments.scenes.size(), " scenes failed");
}

void pansharpen(const cli::Arguments& arguments) {
  if (arguments.lists_weights) {
    cli::print_weights(WeightsCatalogue());
    return;
  }
  use_threads(arguments.threads);
  cli::Interrupt::watch();
  const SceneFuser fuse(arguments.method(), arguments.options);
  if (arguments.many)
    fuse_many(fuse, arguments);
  else
    fuse_one(fuse, arguments, arguments.scenes.front());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Fuses a PAN image with MS images of the same ground, on the PAN's grid. Scenes may have any size.",
               "premix-pansharpen");
  const auto read = premix::cli::add_options(app);
  const auto words =
      premix::cli::with_two_dashes(argc, argv, {"of", "co", "ot", "bitdepth", "threads", "projwin", "srcwin"});
  return premix::cli::run_program(
      app, argc, words.data(), [&] { pansharpen(read()); }, premix::cli::pansharpen_flags);
}
