#pragma once

#include <functional>

#include "premix/autograd/variable.hpp"
#include "premix/train/recipe.hpp"
#include "premix/train/training_batch.hpp"

namespace premix {

/// Loss of a batch: fused (N, H, W, B), the images it was fused from, and their truth -> (1, 1, 1, 1).
using LossFunction = std::function<Variable<float>(const Variable<float>& fused, const TrainingBatch& batch)>;

/// Loss without a truth at the PAN's resolution: the fused image, reduced by the MTF (gain), is compared with the MS by
/// l1_loss(); plus detail times (1 - detail_correlation()). fused (N, H, W, B), pan (N, H, W, 1), ms (N, H/s, W/s, B).
struct FullResolutionLoss {
  double gain = 0.3;     // of the MS instrument at its Nyquist frequency
  double detail = 0.02;  // weight of the correlation

  Variable<float> operator()(const Variable<float>& fused, const Tensor<float>& pan, const Tensor<float>& ms) const;
};

/// Mean over pixels and bands of the local correlation of the high frequencies of fused and PAN. High frequencies: what
/// a Gaussian of sigma 2.5 pixels removes; local: weighted by that Gaussian. Contrasts below about 0.001 count as none.
/// fused (N, H, W, B), pan (N, H, W, 1) -> (1, 1, 1, 1), from -1 to 1.
Variable<float> detail_correlation(const Variable<float>& fused, const Tensor<float>& pan);

/// Mean absolute difference plus mean absolute difference of neighbours' differences, along rows and along columns. The
/// first pixel along each axis lacks a neighbour: its difference is 0. fused, truth (N, H, W, C) -> (1, 1, 1, 1).
Variable<float> l1_gradient_loss(const Variable<float>& fused, const Tensor<float>& truth);

/// Mixes a loss with the same loss against the fused image of a teacher network, which replaces the truth (Hinton et
/// al. 2015): (1 - weight) * loss + weight * loss against the teacher. Batches with a coarser truth get the loss alone.
/// The teacher must be on the device of the images.
LossFunction distilled(LossFunction loss, const PreMix<float>& teacher, double weight);

/// Mean absolute difference of the means of blocks of 16 x 16 pixels, of 4 x 4 if 16 does not divide the image. It
/// weighs a colour bias as much as differences of single pixels. fused, truth (N, H, W, C), H and W multiples of 4
/// -> (1, 1, 1, 1).
Variable<float> block_mean_loss(const Variable<float>& fused, const Tensor<float>& truth);

/// Returns the loss of a recipe. Batches with a coarser truth get FullResolutionLoss, others the recipe's LossKind.
LossFunction loss_function(const Recipe& recipe);

}  // namespace premix
