#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/image/window.hpp"
#include "premix/infer/scene_source.hpp"

namespace premix {

/// Pansharpening without a network, the baselines of the literature. With MS_k for band k on the PAN's grid
/// (ms_on_pan_grid()) and P for the PAN:
///   exp      MS_k: the enlarged MS, nothing of the PAN.
///   brovey   MS_k * P / sum_j w_j MS_j (brovey()).
///   gsa      adaptive Gram-Schmidt (Aiazzi, Baronti, Selva 2007): MS_k + g_k (P - I) with I = a_0 + sum_j a_j MS_j.
///   The a are the least
///            squares regression of P_L, the PAN as the MS instrument sees it, on the MS at the MS's own scale; g_k =
///            cov(I, MS_k) / var(I) there. The regression gives I the PAN's mean and scale, so that P needs no other
///            equalisation, as in the implementation of Vivone et al. 2015. Bands that depend on one another get the
///            shortest a.
///   mtf_glp  generalised Laplacian pyramid with a filter of the MS's MTF and one global gain for each band (Aiazzi et
///   al. 2006; Vivone et
///            al. 2015: MTF-GLP): MS_k + P_k - P_k,L. P_k is P brought to the mean and the standard deviation of band
///            k, measured between P_L and the MS at the MS's scale; P_k,L is P_k low-passed, decimated to the MS's
///            pixels (sampled_by_mtf()) and interpolated as the MS is. Aliasing and what the interpolation loses thus
///            are the same in MS_k and in P_k,L, and cancel.
enum class ClassicalMethod { exp, brovey, gsa, mtf_glp };

/// How the MS comes to the PAN's grid. Networks are trained on cubic (Keys 1981, a = -0.75), and MTF-GLP interpolates
/// its low-pass by it.
enum class Resampling { nearest, bilinear, cubic };

/// "exp", "brovey", "gsa" or "mtf-glp". Throws a usage Error that lists them.
ClassicalMethod classical_method_by_name(const std::string& name);
std::string classical_method_name(ClassicalMethod method);

struct ClassicalOptions {
  std::vector<double> weights = {};  // Brovey's, the share of each MS band in the PAN; empty: equal shares
  std::vector<double> mtf_gains =
      {};  // of each band at the Nyquist frequency of the MS (Sensor::mtf_gains); empty: 0.3
};

/// A fusion of blocks.
struct BlockFusion {
  std::int64_t reach = 0;  // PAN pixels each way that a fused pixel depends on

  /// up_ms (1, h, w, B), pan (1, h, w, 1): the pixels `block` of the PAN image, all to be numbers -> (1, h, w, B), not
  /// clipped. Pixels closer than reach to a border of the block that is no border of the image are to be thrown away.
  /// The others are the same bits in every block. May be called from several threads at once.
  std::function<Tensor<float>(const Tensor<float>& up_ms, const Tensor<float>& pan, const Window& block)> fuse;
};

/// The method for one scene. For GSA and MTF-GLP it first reads the whole scene once, not the part alone, so that a
/// part becomes the crop of the whole product: the statistics are those of all MS pixels that are valid, whose centres
/// lie on the PAN, and around which at least half of the MTF filter's weight is on valid PAN pixels. Needs some MB
/// whatever the scene's size; the same for any number of threads. Throws a usage Error for weights or gains that do not
/// fit the bands, and a data Error where no MS pixel can be counted.
BlockFusion classical_fusion(ClassicalMethod method, const SceneSource& source, const ClassicalOptions& options = {});

}  // namespace premix
