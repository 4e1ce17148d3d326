#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "premix/data/dataset.hpp"
#include "premix/data/pair_folder.hpp"
#include "premix/data/split.hpp"
#include "premix/infer/baselines/classical.hpp"
#include "premix/infer/projection/average.hpp"
#include "premix/metrics/psnr.hpp"
#include "premix/metrics/report.hpp"
#include "support/catch.hpp"
#include "support/scene_in_memory.hpp"

// Real scenes outside the project: folder landsat7-nbu in PREMIX_DATA_DIR. Landsat-7 ETM+ in the NBU layout, counts
// times 8. Expected values come from the published code.

using namespace premix;

namespace {

std::filesystem::path landsat7() {
  const char* data = std::getenv("PREMIX_DATA_DIR");
  return std::filesystem::path(data ? data : "") / "landsat7-nbu";
}

std::vector<std::string> mat_names(std::initializer_list<int> scenes) {
  std::vector<std::string> names;
  for (const int scene : scenes) names.push_back(std::to_string(scene) + ".mat");
  return names;
}

}  // namespace

TEST_CASE("real scenes: the split of landsat7-nbu is the recorded one", "[data]") {
  if (!std::filesystem::is_directory(landsat7()))
    PREMIX_SKIP("no landsat7-nbu in the folder that PREMIX_DATA_DIR names");
  const PairSource source = open_pairs(landsat7().string(), {.max_val = 2047.0});
  CHECK(source.ratio() == 4);
  CHECK(source.bands() == 4);
  const Split split = split_names(source.names());
  CHECK(split.train == mat_names({38, 14, 2, 25, 36, 20, 33, 16, 3, 22, 27, 19, 5, 24, 35, 30}));
  CHECK(split.val == mat_names({7, 10, 23, 29, 11, 28}));
  CHECK(split.test == mat_names({32, 12, 6, 13, 39, 8, 18, 34, 1, 17}));
}

TEST_CASE("real scenes: bicubic enlargement scores as in the published code", "[data]") {
  if (!std::filesystem::is_directory(landsat7()))
    PREMIX_SKIP("no landsat7-nbu in the folder that PREMIX_DATA_DIR names");
  const auto source = std::make_shared<const PairSource>(open_pairs(landsat7().string(), {.max_val = 2047.0}));
  const Dataset test(source, split_names(source->names()).test, Protocol::reduced);

  std::map<std::string, double> mean;
  for (std::size_t i = 0; i < test.size(); ++i) {
    const Sample sample = test.sample(i);
    for (const auto& [name, value] : reduced_resolution_metrics(sample.up_ms, sample.truth, 4))
      mean[name] += value / 10;
  }
  REQUIRE(test.size() == 10);
  const auto within = [](double last_digit) { return last_digit / 2; };
  CHECK(mean.at("PSNR") == Approx(34.341).margin(within(1e-3)).epsilon(0));
  CHECK(mean.at("SAM_degrees") == Approx(2.2126).margin(within(1e-4)).epsilon(0));
  CHECK(mean.at("ERGAS") / 16 == Approx(1.8654).margin(within(1e-4)).epsilon(0));
  CHECK(mean.at("SSIM") == Approx(0.86899).margin(within(1e-5)).epsilon(0));
  CHECK(mean.at("MAE") == Approx(0.01194).margin(within(1e-5)).epsilon(0));
  CHECK(mean.at("CC") == Approx(0.89783).margin(within(1e-5)).epsilon(0));
}

TEST_CASE("real scenes: the 30 m bands of landsat7-nbu are a pair of ratio 2 with the same PAN", "[data]") {
  if (!std::filesystem::is_directory(landsat7()))
    PREMIX_SKIP("no landsat7-nbu in the folder that PREMIX_DATA_DIR names");
  const auto source =
      std::make_shared<const PairSource>(open_pairs(landsat7().string(), {.max_val = 2047.0, .ms_folder = "MS_30m"}));
  CHECK(source->ratio() == 2);
  CHECK(Dataset(source, {"1.mat"}, Protocol::reduced).sample(0).pan.shape() == Shape{1, 384, 384, 1});
  CHECK(Dataset(source, {"1.mat"}, Protocol::full).sample(0).up_ms.shape() == Shape{1, 768, 768, 4});
}

TEST_CASE("real scenes: GSA from 60 m is closer to the 30 m bands than enlargement is", "[data]") {
  if (!std::filesystem::is_directory(landsat7()))
    PREMIX_SKIP("no landsat7-nbu in the folder that PREMIX_DATA_DIR names");
  const auto at_60m = std::make_shared<const PairSource>(open_pairs(landsat7().string(), {.max_val = 2047.0}));
  const auto at_30m =
      std::make_shared<const PairSource>(open_pairs(landsat7().string(), {.max_val = 2047.0, .ms_folder = "MS_30m"}));
  const std::vector<std::string> names = split_names(at_60m->names()).test;
  const Dataset scenes(at_60m, names, Protocol::full), truths(at_30m, names, Protocol::full);
  const Grid pan = {768, 768}, ms = {192, 192}, half = {384, 384};

  std::map<ClassicalMethod, double> psnr;
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const Sample sample = scenes.sample(i);
    testing::SceneInMemory scene = {.pan = sample.pan, .ms = sample.ms, .map = map_by_size(pan, ms, Alignment::edges)};
    for (const auto method : {ClassicalMethod::exp, ClassicalMethod::gsa, ClassicalMethod::mtf_glp}) {
      const auto fused = classical_fusion(method, scene.source()).fuse(sample.up_ms, sample.pan, {0, 0, 768, 768});
      const auto at_truth = average_on_ms_grid(fused, map_by_size(pan, half, Alignment::edges), 384, 384).image;
      psnr[method] += psnr_db(at_truth, truths.sample(i).ms) / static_cast<double>(scenes.size());
    }
  }
  CHECK(psnr[ClassicalMethod::exp] == Approx(34.99).margin(0.01).epsilon(0));
  CHECK(psnr[ClassicalMethod::gsa] > psnr[ClassicalMethod::exp] + 0.3);
  // The PAN of these scenes correlates weakly with the bands. Injection that ignores the correlation gains nothing.
  CHECK(psnr[ClassicalMethod::mtf_glp] == Approx(psnr[ClassicalMethod::exp]).margin(0.2).epsilon(0));
}
