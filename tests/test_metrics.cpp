#include <cmath>
#include <limits>

#include "premix/image/bicubic.hpp"
#include "premix/metrics/cc.hpp"
#include "premix/metrics/consistency.hpp"
#include "premix/metrics/d_lambda.hpp"
#include "premix/metrics/d_s.hpp"
#include "premix/metrics/ergas.hpp"
#include "premix/metrics/mae.hpp"
#include "premix/metrics/psnr.hpp"
#include "premix/metrics/q_index.hpp"
#include "premix/metrics/qnr.hpp"
#include "premix/metrics/rase.hpp"
#include "premix/metrics/rmse.hpp"
#include "premix/metrics/sam.hpp"
#include "premix/metrics/ssim.hpp"
#include "premix/metrics/uqi.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden.hpp"
#include "support/images.hpp"

namespace premix {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <Real T>
constexpr double tolerance = std::is_same_v<T, double> ? 1e-10 : 1e-5;

template <Real T>
double golden_value(const golden::File& file, const std::string& name) {
  return file.tensor<double>((std::is_same_v<T, double> ? "out.f64/" : "out.f32/") + name).item();
}

// Tolerance relative to size. NaN and infinity must match the golden value.
template <Real T>
void check_value(golden::File& file, const std::string& name, double actual, double size) {
  const double golden = std::abs(golden_value<T>(file, name));
  const double scale = std::isfinite(golden) && golden > 0 ? golden : 1;
  file.check("out", name, Tensor<T>::full({1, 1, 1, 1}, static_cast<T>(actual)), tolerance<T> * size / scale);
}

// Errors have an arbitrary scale, so their tolerance is relative. Indices are differences of numbers near 1, so their
// tolerance is absolute.
template <Real T>
void check_error(golden::File& file, const std::string& name, double actual) {
  const double golden = std::abs(golden_value<T>(file, name));
  check_value<T>(file, name, actual, std::isfinite(golden) ? golden : 1);
}
template <Real T>
void check_index(golden::File& file, const std::string& name, double actual) {
  check_value<T>(file, name, actual, 1);
}

// Near 1, the arc cosine turns a rounding error epsilon into epsilon / angle, at most sqrt(epsilon / 2).
template <Real T>
void check_angle(golden::File& file, const std::string& name, double actual) {
  const double golden = golden_value<T>(file, name), epsilon = std::numeric_limits<T>::epsilon();
  const double rounding = epsilon / std::max(golden, std::sqrt(2 * epsilon));
  check_value<T>(file, name, actual, std::isfinite(golden) ? golden + rounding / tolerance<T> : 1);
}

template <Real T>
void check_full_reference(golden::File& file, const Tensor<T>& p, const Tensor<T>& t, const std::string& suffix) {
  check_error<T>(file, "MAE" + suffix, mae(p, t));
  check_error<T>(file, "RMSE" + suffix, rmse_published(p, t));
  check_error<T>(file, "RASE" + suffix, rase_published(p, t));
  check_error<T>(file, "ERGAS" + suffix, ergas_published(p, t));
  check_error<T>(file, "PSNR" + suffix, psnr_db(p, t));
  check_angle<T>(file, "SAM" + suffix, sam_radians(p, t));
  check_index<T>(file, "SSIM" + suffix, ssim(p, t));
  check_index<T>(file, "UQI" + suffix, uqi(p, t));
  check_index<T>(file, "CC" + suffix, cc_published(p, t));
}

template <Real T>
void check_golden(golden::File& file) {
  const auto prediction = file.tensor<T>("in/pred"), truth = file.tensor<T>("in/gt"), ms = file.tensor<T>("in/ms"),
             pan = file.tensor<T>("in/pan");
  const auto clip = [](const Tensor<T>& x) {
    return testing::image_of<T>(
        x.shape(), [&](auto n, auto row, auto column, auto c) { return std::clamp(x(n, row, column, c), T(0), T(1)); });
  };
  const auto fused = clip(prediction);
  check_full_reference(file, fused, clip(truth), "");
  if (file.has("out.f64/MAE_unclipped")) check_full_reference(file, prediction, truth, "_unclipped");

  const double spectral = d_lambda(fused, ms), spatial = d_s(fused, ms, pan);
  check_index<T>(file, "D_lambda", spectral);
  check_index<T>(file, "D_s", spatial);
  check_index<T>(file, "QNR", qnr(spectral, spatial));
  check_index<T>(file, "Q_first_band_vs_pan", q_index<T>({fused, 0}, {pan, 0}));
  file.check_output("pan_to_ms_size_align_corners", bicubic_resize_align_corners(pan, ms.shape().h, ms.shape().w));
}

struct Images {
  Tensor<double> truth, prediction;
};

// A random image, and the same image with noise of up to 0.1.
Images noisy_images(Shape shape) {
  const auto truth = testing::uniform_image<double>(shape, 0.2, 0.8, 31),
             noise = testing::uniform_image<double>(shape, -0.1, 0.1, 32);
  return {truth, testing::image_of<double>(
                     shape, [&](auto n, auto y, auto x, auto c) { return truth(n, y, x, c) + noise(n, y, x, c); })};
}

Tensor<double> constant(double value, Shape shape = {1, 20, 24, 4}) { return Tensor<double>::full(shape, value); }

}  // namespace

TEST_CASE("golden: metrics equal those printed by the published code", "[metrics][golden]") {
  golden::for_each_file("metrics_*.safetensors", [](golden::File& file) {
    check_golden<float>(file);
    check_golden<double>(file);
    file.check_complete();
  });
}

TEST_CASE("metrics of equal images are perfect", "[metrics]") {
  const auto x = testing::uniform_image<double>({2, 33, 29, 3}, 0.1, 0.9, 33);
  CHECK(mae(x, x) == 0);
  CHECK(rmse(x, x) == 0);
  CHECK(rmse_published(x, x) == 0);
  CHECK(rase_published(x, x) == 0);
  CHECK(ergas(x, x, 4) == 0);
  CHECK(psnr_db(x, x) == infinity);
  CHECK(sam_radians(x, x) < 2.2e-8);
  CHECK(ssim(x, x) == Approx(1).epsilon(1e-12));
  CHECK(uqi(x, x) == Approx(1).epsilon(1e-11));
  CHECK(cc(x, x) == Approx(1).epsilon(1e-12));
}

TEST_CASE("metrics of an image that is 0.1 too bright equal their formulas", "[metrics]") {
  const auto truth = constant(0.5), bright = constant(0.6);
  CHECK(mae(bright, truth) == Approx(0.1).epsilon(1e-12));
  CHECK(rmse(bright, truth) == Approx(0.1).epsilon(1e-12));
  CHECK(rmse_published(bright, truth) == Approx(0.1).epsilon(1e-12));
  CHECK(psnr_db(bright, truth) == Approx(20).epsilon(1e-7));
  CHECK(ergas(bright, truth, 4) == Approx(100.0 / 4 * 0.2).epsilon(1e-12));
  CHECK(ergas(bright, truth, 2) == Approx(100.0 / 2 * 0.2).epsilon(1e-12));
  CHECK(ergas_published(bright, truth) == Approx(100.0 * 4 * 0.2).epsilon(1e-12));
  CHECK(rase_published(bright, truth) == Approx(64 * 100 * 0.2).epsilon(1e-12));
  CHECK(ssim(bright, truth) == Approx((2 * 0.3 + 1e-4) / (0.36 + 0.25 + 1e-4)).epsilon(1e-9));
  CHECK(sam_radians(bright, truth) < 2.2e-8);
}

TEST_CASE("the spectral angle equals the geometric angle, in radians and degrees", "[metrics]") {
  const auto p = Tensor<double>::from({1, 1, 2, 2}, {1, 0, 2, 2}), t = Tensor<double>::from({1, 1, 2, 2}, {0, 3, 5, 0});
  CHECK(sam_degrees(p, t) == Approx((90 + 45) / 2.0).epsilon(1e-12));
  CHECK(sam_radians(p, t) == Approx(std::acos(-1.0) * 0.375).epsilon(1e-12));
}

TEST_CASE("errors grow with the noise and indices fall", "[metrics]") {
  const auto [truth, prediction] = noisy_images({1, 40, 36, 4});
  const auto worse =
      testing::image_of<double>(truth.shape(), [&, t = truth, p = prediction](auto n, auto y, auto x, auto c) {
        return t(n, y, x, c) + 2 * (p(n, y, x, c) - t(n, y, x, c));
      });
  CHECK(rmse(worse, truth) == Approx(2 * rmse(prediction, truth)).epsilon(1e-9));
  CHECK(rmse_published(worse, truth) == Approx(2 * rmse_published(prediction, truth)).epsilon(1e-9));
  CHECK(sam_degrees(worse, truth) > sam_degrees(prediction, truth));
  CHECK(ssim(worse, truth) < ssim(prediction, truth));
  CHECK(uqi(worse, truth) < uqi(prediction, truth));
  CHECK(cc(worse, truth) < cc(prediction, truth));
}

TEST_CASE("the windowed RMSE ignores the last row and the last column", "[metrics]") {
  const auto truth = constant(0.5);
  const auto edge = testing::image_of<double>(
      truth.shape(), [](auto, auto y, auto x, auto) { return y == 19 || x == 23 ? 0.9 : 0.5; });
  CHECK(rmse_published(edge, truth) == 0);
  CHECK(rmse(edge, truth) > 0.05);
}

TEST_CASE("correlation ignores gain and offset and is NaN for a constant image", "[metrics]") {
  const auto x = testing::uniform_image<double>({2, 9, 7, 3}, 0, 1, 34);
  const auto scaled =
      testing::image_of<double>(x.shape(), [&](auto n, auto y, auto q, auto c) { return 3 - 2 * x(n, y, q, c) + c; });
  CHECK(cc(scaled, x) == Approx(-1).epsilon(1e-12));
  CHECK(std::isnan(cc(constant(0.1, x.shape()), x)));
  CHECK(std::isnan(cc(testing::uniform_image<float>({1, 9, 7, 2}, 0, 1, 35), Tensor<float>::full({1, 9, 7, 2}, 0.1f))));
}

TEST_CASE("the correlation of one image equals the published one", "[metrics]") {
  const auto [truth, prediction] = noisy_images({1, 13, 11, 4});
  CHECK(cc(prediction, truth) == Approx(cc_published(prediction, truth)).epsilon(1e-13));
}

TEST_CASE("windowed metrics are NaN where no window fits", "[metrics]") {
  const auto [truth, prediction] = noisy_images({1, 10, 30, 2});
  CHECK(std::isnan(ssim(prediction, truth)));
  CHECK(std::isnan(uqi(prediction, truth)));
  CHECK(std::isfinite(rmse_published(prediction, truth)));
  CHECK(std::isnan(rmse_published(constant(0.1, {1, 8, 30, 2}), constant(0.2, {1, 8, 30, 2}))));
  CHECK(std::isnan(rase_published(constant(0.1, {1, 7, 30, 2}), constant(0.2, {1, 7, 30, 2}))));
}

TEST_CASE("an image equal to its MS has no distortion", "[metrics]") {
  const auto ms = testing::uniform_image<double>({1, 8, 8, 4}, 0.2, 0.8, 36);
  CHECK(d_lambda(ms, ms) == 0);
  CHECK(d_s(ms, ms, testing::uniform_image<double>({1, 8, 8, 1}, 0.2, 0.8, 37)) == 0);
  CHECK(qnr(0, 0) == 1);
  CHECK(qnr(0.5, 0.25) == 0.375);
}

TEST_CASE("consistency reports the bias of each band", "[metrics]") {
  const auto ms = testing::image_of<double>(
      {1, 4, 5, 2}, [](auto, auto y, auto x, auto c) { return 0.2 + 0.01 * (y + x) + 0.1 * c; });
  const auto degraded = testing::image_of<double>(
      ms.shape(), [&](auto n, auto y, auto x, auto c) { return ms(n, y, x, c) * (c == 0 ? 1.01 : 0.98); });
  const auto [bias, angle, error] = consistency(degraded, ms, 4);
  REQUIRE(bias.size() == 2);
  CHECK(bias[0] == Approx(0.01).epsilon(1e-9));
  CHECK(bias[1] == Approx(-0.02).epsilon(1e-9));
  CHECK(angle == sam_degrees(degraded, ms));
  CHECK(error == ergas(degraded, ms, 4));
  CHECK(angle > 0.1);
  CHECK(std::isnan(consistency(constant(0.1, {1, 2, 2, 1}), constant(0.1, {1, 2, 2, 1}), 4).sam_degrees));
}

TEST_CASE("metrics refuse images that do not match", "[metrics][error]") {
  const auto a = constant(0.5, {1, 12, 12, 4}), b = constant(0.5, {1, 12, 12, 3}), one = constant(0.5, {1, 12, 12, 1});
  CHECK_THROWS_WITH(psnr_db(a, b), contains("psnr_db") && contains("(1, 12, 12, 4)") && contains("(1, 12, 12, 3)"));
  CHECK_THROWS_AS(mae(a, b), Error);
  CHECK_THROWS_AS(rmse(a, b), Error);
  CHECK_THROWS_AS(ssim(a, b), Error);
  CHECK_THROWS_AS(uqi(a, b), Error);
  CHECK_THROWS_AS(cc(a, Tensor<double>()), Error);
  CHECK_THROWS_AS(rase_published(a, b), Error);
  CHECK_THROWS_AS(ergas(a, a, 0), Error);
  CHECK_THROWS_WITH(sam_degrees(one, one), contains("one band"));
  CHECK_THROWS_AS(d_lambda(one, one), Error);
  CHECK_THROWS_AS(d_lambda(a, b), Error);
  CHECK_THROWS_AS(d_s(a, b, one), Error);
  CHECK_THROWS_AS(d_s(a, a, b), Error);
  CHECK_THROWS_AS((q_index<double>({a, 4}, {a, 0})), Error);
  CHECK_THROWS_AS(consistency(a, b, 4), Error);
}

}  // namespace premix
