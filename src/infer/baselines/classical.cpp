#include "premix/infer/baselines/classical.hpp"

#include <Eigen/QR>
#include <cmath>
#include <map>
#include <numeric>

#include "infer/baselines/mtf_glp.hpp"
#include "infer/baselines/scene_moments.hpp"
#include "premix/core/text.hpp"
#include "premix/infer/baselines/brovey.hpp"

namespace premix {
namespace {

const std::map<std::string, ClassicalMethod>& methods() {
  static const std::map<std::string, ClassicalMethod> names = {{"exp", ClassicalMethod::exp},
                                                               {"brovey", ClassicalMethod::brovey},
                                                               {"gsa", ClassicalMethod::gsa},
                                                               {"mtf-glp", ClassicalMethod::mtf_glp}};
  return names;
}

// One value per band: the given ones, or the default for all.
std::vector<double> for_bands(const char* what, const std::vector<double>& given, double usual, std::int64_t bands) {
  if (given.empty()) return std::vector<double>(static_cast<std::size_t>(bands), usual);
  if (static_cast<std::int64_t>(given.size()) != bands)
    fail(ErrorKind::usage, given.size(), ' ', what, " for ", bands, " MS bands. Give one for each band.");
  return given;
}

BlockFusion exp_fusion() {
  return {.reach = 0,
          .fuse = [](const Tensor<float>& up_ms, const Tensor<float>&, const Window&) { return up_ms; },
          .bytes = [](const Window&) { return std::int64_t{0}; }};
}

BlockFusion brovey_fusion(const std::vector<double>& weights) {
  return {0, [weights](const Tensor<float>& up_ms, const Tensor<float>& pan, const Window&) {
            return brovey(up_ms, pan, weights);
          }};
}

// MS_k + g_k (P - I), I = a_0 + sum_j a_j MS_j.
struct Gsa {
  double constant = 0;
  std::vector<double> shares, gains;  // a_j, g_k

  Gsa(const infer::Moments& moments, std::int64_t bands)
      : shares(static_cast<std::size_t>(bands)), gains(static_cast<std::size_t>(bands)) {
    const Eigen::MatrixXd covariance = moments.covariance();
    const Eigen::MatrixXd ms = covariance.topLeftCorner(bands, bands);
    Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> solver;
    // Relative, of variances: below the rounding of 16-bit counts, above that of floats.
    constexpr double dependent = 1e-10;
    solver.setThreshold(dependent);
    solver.compute(ms);
    const Eigen::VectorXd a = solver.solve(covariance.col(bands).head(bands));
    const Eigen::VectorXd with_intensity = ms * a;  // cov(I, MS_k)
    const double variance = a.dot(with_intensity);
    constant = moments.mean[bands] - a.dot(moments.mean.head(bands));
    for (std::int64_t band = 0; band < bands; ++band) {
      shares[static_cast<std::size_t>(band)] = a[band];
      gains[static_cast<std::size_t>(band)] = variance > 0 ? with_intensity[band] / variance : 0;
    }
  }

  Tensor<float> operator()(const Tensor<float>& up_ms, const Tensor<float>& pan) const {
    const Shape shape = up_ms.shape();
    Tensor<float> fused(shape);
    const float *ms = up_ms.data(), *from = pan.data();
    float* to = fused.mutable_data();
    for (std::int64_t pixel = 0; pixel < shape.pixels(); ++pixel, ms += shape.c, to += shape.c) {
      double detail = from[pixel] - constant;
      for (std::size_t band = 0; band < shares.size(); ++band) detail -= shares[band] * ms[band];
      for (std::size_t band = 0; band < gains.size(); ++band)
        to[band] = static_cast<float>(ms[band] + gains[band] * detail);
    }
    return fused;
  }
};

BlockFusion gsa_fusion(const SceneSource& source, const std::vector<double>& mtf_gains) {
  const double gain = std::accumulate(mtf_gains.begin(), mtf_gains.end(), 0.0) / static_cast<double>(mtf_gains.size());
  const Gsa gsa(infer::scene_moments(source, {gain}), source.geometry.bands);
  return {0, [gsa](const Tensor<float>& up_ms, const Tensor<float>& pan, const Window&) { return gsa(up_ms, pan); }};
}

BlockFusion fusion_of(ClassicalMethod method, const SceneSource& source, const ClassicalOptions& options) {
  const std::int64_t bands = source.geometry.bands;
  const std::vector<double> weights = for_bands("weights", options.weights, 1 / static_cast<double>(bands), bands);
  const std::vector<double> mtf_gains = for_bands("MTF gains", options.mtf_gains, 0.3, bands);
  switch (method) {
    case ClassicalMethod::exp:
      return exp_fusion();
    case ClassicalMethod::brovey:
      return brovey_fusion(weights);
    case ClassicalMethod::gsa:
      return gsa_fusion(source, mtf_gains);
    case ClassicalMethod::mtf_glp:
      return infer::mtf_glp_fusion(source, mtf_gains);
  }
  fail(ErrorKind::runtime, "classical_fusion: unknown method");
}

}  // namespace

ClassicalMethod classical_method_by_name(const std::string& name) {
  const auto found = methods().find(name);
  if (found != methods().end()) return found->second;
  using Named = std::map<std::string, ClassicalMethod>::value_type;
  fail(ErrorKind::usage, "unknown method '", name, "'. Known: ", detail::joined(methods(), ", ", &Named::first));
}

std::string classical_method_name(ClassicalMethod method) {
  for (const auto& [name, known] : methods())
    if (known == method) return name;
  return {};
}

BlockFusion classical_fusion(ClassicalMethod method, const SceneSource& source, const ClassicalOptions& options) {
  const std::int64_t bands = source.geometry.bands;
  PREMIX_CHECK(bands > 0, "classical_fusion: ", bands, " bands");
  BlockFusion fusion = fusion_of(method, source, options);
  fusion.fuse = [bands, fuse = fusion.fuse](const Tensor<float>& up_ms, const Tensor<float>& pan, const Window& block) {
    const Shape shape = {1, block.height, block.width, bands};
    PREMIX_CHECK(up_ms.shape() == shape && pan.shape() == shape.with_channels(1), "classical_fusion: up_ms ",
                 up_ms.shape(), ", pan ", pan.shape(), ". The block needs ", shape, " and ", shape.with_channels(1),
                 '.');
    return fuse(up_ms, pan, block);
  };
  return fusion;
}

}  // namespace premix
