#include <cmath>
#include <limits>

#include "premix/metrics/d_s.hpp"
#include "premix/metrics/ergas.hpp"
#include "premix/metrics/psnr.hpp"
#include "premix/metrics/report.hpp"
#include "premix/metrics/rmse.hpp"
#include "premix/metrics/sam.hpp"
#include "premix/metrics/summary.hpp"
#include "support/catch.hpp"
#include "support/images.hpp"

namespace premix {
namespace {

std::vector<std::string> names(const std::vector<Reading>& readings) {
  std::vector<std::string> result;
  for (const auto& reading : readings) result.push_back(reading.name);
  return result;
}

double value(const std::vector<Reading>& readings, const std::string& name) {
  for (const auto& reading : readings)
    if (reading.name == name) return reading.value;
  FAIL("no reading " << name);
  return 0;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the reduced-resolution report gives the published metrics, then the textbook ones", "[metrics][report]") {
  const auto truth = testing::uniform_image<float>({1, 24, 20, 4}, 0.1, 0.9, 41);
  const auto prediction = testing::uniform_image<float>({1, 24, 20, 4}, 0.1, 0.9, 42);
  const auto readings = reduced_resolution_metrics(prediction, truth, 2);
  CHECK(names(readings) == Names{"MAE", "SSIM", "RMSE", "ERGAS", "SAM", "RASE", "PSNR", "UQI", "CC", "RMSE_plain",
                                 "ERGAS_ratio", "SAM_degrees"});
  CHECK(value(readings, "RMSE") == rmse_published(prediction, truth));
  CHECK(value(readings, "RMSE_plain") == rmse(prediction, truth));
  CHECK(value(readings, "ERGAS") == ergas_published(prediction, truth));
  CHECK(value(readings, "ERGAS_ratio") == ergas(prediction, truth, 2));
  CHECK(value(readings, "SAM") == sam_radians(prediction, truth));
  CHECK(value(readings, "SAM_degrees") == sam_degrees(prediction, truth));
}

TEST_CASE("reports clip the same images as the published code", "[metrics][report]") {
  const auto truth = testing::uniform_image<float>({1, 24, 20, 3}, -0.3, 1.3, 43),
             prediction = testing::uniform_image<float>({1, 24, 20, 3}, -0.3, 1.3, 44);
  const auto clip = [](const Tensor<float>& x) {
    return testing::image_of<float>(
        x.shape(), [&](auto n, auto row, auto column, auto c) { return std::clamp(x(n, row, column, c), 0.f, 1.f); });
  };
  CHECK(value(reduced_resolution_metrics(prediction, truth, 4), "RMSE_plain") == rmse(clip(prediction), clip(truth)));
  CHECK(rmse(clip(prediction), clip(truth)) != rmse(prediction, truth));

  const auto ms = testing::uniform_image<float>({1, 6, 5, 3}, -0.3, 1.3, 45),
             pan = testing::uniform_image<float>({1, 24, 20, 1}, -0.3, 1.3, 46);
  const auto readings = full_resolution_metrics(prediction, ms, pan);
  CHECK(names(readings) == Names{"D_lambda", "D_s", "QNR"});
  CHECK(value(readings, "D_s") == d_s(clip(prediction), ms, pan));
  CHECK(value(readings, "QNR") == (1 - value(readings, "D_lambda")) * (1 - value(readings, "D_s")));
}

TEST_CASE("a report on one band omits metrics that need two bands", "[metrics][report]") {
  const auto x = testing::uniform_image<double>({1, 16, 16, 1}, 0, 1, 47),
             y = testing::uniform_image<double>({1, 16, 16, 1}, 0, 1, 48);
  CHECK(names(reduced_resolution_metrics(x, y, 4)) ==
        Names{"MAE", "SSIM", "RMSE", "ERGAS", "RASE", "PSNR", "UQI", "CC", "RMSE_plain", "ERGAS_ratio"});
  CHECK(names(full_resolution_metrics(x, testing::uniform_image<double>({1, 4, 4, 1}, 0, 1, 49), y)) == Names{"D_s"});
}

TEST_CASE("a report accepts only one image", "[metrics][report][error]") {
  const auto two = Tensor<float>::full({2, 16, 16, 2}, 0.5f);
  CHECK_THROWS_AS(reduced_resolution_metrics(two, two, 4), Error);
  CHECK_THROWS_AS(full_resolution_metrics(two, two, Tensor<float>::full({2, 16, 16, 1}, 0.5f)), Error);
}

TEST_CASE("NaN in an image gives NaN metrics", "[metrics][report]") {
  auto x = testing::uniform_image<float>({1, 16, 16, 2}, 0, 1, 50);
  const auto y = x.clone();
  x.mutable_data()[200] = std::numeric_limits<float>::quiet_NaN();
  for (const auto& [name, metric] : reduced_resolution_metrics(x, y, 4)) {
    INFO(name);
    CHECK(std::isnan(metric));
  }
}

TEST_CASE("a summary has mean, population deviation and count, in the order of the metrics", "[metrics][report]") {
  Summary summary;
  summary.add("1.mat", {{"PSNR", 30}, {"SAM", 2}});
  summary.add("2.mat", {{"PSNR", 34}, {"SAM", 2}, {"CC", 0.5}});
  const auto rows = summary.rows();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].metric == "PSNR");
  CHECK(rows[0].mean == 32);
  CHECK(rows[0].deviation == 2);
  CHECK(rows[0].count == 2);
  CHECK(rows[1].metric == "SAM");
  CHECK(rows[1].deviation == 0);
  CHECK(rows[2].count == 1);
  CHECK(summary.not_finite().empty());
}

TEST_CASE("a summary lists non-finite values separately, with their image", "[metrics][report]") {
  Summary summary;
  summary.add("1.mat", {{"PSNR", std::numeric_limits<double>::infinity()}, {"SAM", 1}});
  summary.add("2.mat", {{"PSNR", 40}, {"SAM", std::nan("")}});
  summary.add("3.mat", {{"CC", std::nan("")}});
  const auto rows = summary.rows();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].mean == 40);
  CHECK(rows[0].count == 1);
  CHECK(rows[1].mean == 1);
  CHECK(rows[2].count == 0);
  CHECK(std::isnan(rows[2].mean));
  REQUIRE(summary.not_finite().size() == 3);
  CHECK(summary.not_finite()[0].image == "1.mat");
  CHECK(summary.not_finite()[0].metric == "PSNR");
  CHECK(std::isinf(summary.not_finite()[0].value));
  CHECK(summary.not_finite()[1].image == "2.mat");
  CHECK(summary.not_finite()[1].metric == "SAM");
  CHECK(summary.not_finite()[2].image == "3.mat");
}

}  // namespace premix
