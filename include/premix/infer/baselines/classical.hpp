#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/image/window.hpp"
#include "premix/infer/scene_source.hpp"

namespace premix {

/// Pansharpening without a network: the baselines of the literature. MS_k is band k on the PAN grid (ms_on_pan_grid()),
/// P the PAN, P_L the PAN at MS resolution (sampled_by_mtf()).
///   exp      MS_k: the interpolated MS, without the PAN.
///   brovey   MS_k * P / sum_j w_j MS_j (brovey()).
///   gsa      Adaptive Gram-Schmidt (Aiazzi, Baronti, Selva 2007): MS_k + g_k (P - I), I = a_0 + sum_j a_j MS_j.
///            a: least squares regression of P_L on the MS, at MS resolution. g_k = cov(I, MS_k) / var(I), there too.
///            The regression gives I the mean and scale of P, so P needs no further equalisation, as in the
///            implementation of Vivone et al. 2015. Linearly dependent bands get the a of least norm.
///   mtf_glp  Generalised Laplacian pyramid with an MTF filter and one global gain per band (Aiazzi et al. 2006;
///            MTF-GLP in Vivone et al. 2015): MS_k + P_k - P_k,L. P_k: P scaled to the mean and standard deviation of
///            band k, from P_L and the MS at MS resolution. P_k,L: P_k low-passed, decimated to MS pixels
///            (sampled_by_mtf()) and interpolated like the MS. Aliasing and interpolation loss are then equal in MS_k
///            and P_k,L, and cancel.
enum class ClassicalMethod { exp, brovey, gsa, mtf_glp };

/// Interpolation of the MS to the PAN grid. Networks are trained with cubic (Keys 1981, a = -0.75); MTF-GLP
/// interpolates its low-pass with it.
enum class Resampling { nearest, bilinear, cubic };

/// Names: "exp", "brovey", "gsa", "mtf-glp". An unknown name throws a usage Error that lists them.
ClassicalMethod classical_method_by_name(const std::string& name);
std::string classical_method_name(ClassicalMethod method);

struct ClassicalOptions {
  std::vector<double> weights = {};    // for Brovey: share of each MS band in the PAN; empty: equal shares
  std::vector<double> mtf_gains = {};  // per band at the MS Nyquist frequency (Sensor::mtf_gains); empty: 0.3
};

/// Fusion of image blocks.
struct BlockFusion {
  std::int64_t reach = 0;  // receptive field of a fused pixel: PAN pixels each way

  /// up_ms (1, h, w, B), pan (1, h, w, 1): pixels `block` of the PAN image, without NaN -> (1, h, w, B), unclipped.
  /// Discard pixels closer than reach to a block border inside the image. The others are bit-identical in every block.
  /// Thread-safe.
  std::function<Tensor<float>(const Tensor<float>& up_ms, const Tensor<float>& pan, const Window& block)> fuse;

  /// Bytes that fuse allocates for a block, result included. Empty: those of the result.
  std::function<std::int64_t(const Window& block)> bytes = {};
};

/// Prepares a method for one scene. GSA and MTF-GLP first read the whole scene once, not only the part: a part is then
/// the crop of the whole product. Their statistics cover MS pixels that are valid, have centres on the PAN, and have at
/// least half of the MTF filter's weight on valid PAN pixels. Needs some MB for any scene size. Independent of the
/// number of threads. Throws a usage Error if weights or gains do not match the bands; a data Error if no MS pixel
/// counts.
BlockFusion classical_fusion(ClassicalMethod method, const SceneSource& source, const ClassicalOptions& options = {});

}  // namespace premix
