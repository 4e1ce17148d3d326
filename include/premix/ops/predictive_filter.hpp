#pragma once

#include <algorithm>
#include <span>

#include "premix/autograd/variable.hpp"
#include "premix/kernels/predictive_filter.hpp"

namespace premix {

/// An image with its filters: K x K weights for every pixel and band.
template <Real T>
struct FilteredImage {
  Variable<T> filters;  // (N, H, W, K*K*B), tap-major: channel (dy K + dx) B + b
  Variable<T> image;    // (N, H, W, B), or (N, H, W, 1) to filter one band B times
};

namespace detail {

/// Returns the number of bands B for filters of this shape.
inline std::int64_t filtered_bands(const Shape& filters, int kernel) {
  PREMIX_CHECK(kernel > 0 && kernel % 2 == 1 && filters.c % (kernel * kernel) == 0, "predictive_filter: filters ",
               filters, ", kernel ", kernel,
               ". The kernel must be odd, and the filters must have kernel * kernel * bands channels.");
  return filters.c / (kernel * kernel);
}

inline void check_filtered(const Shape& filters, const Shape& image, int kernel) {
  const std::int64_t bands = filtered_bands(filters, kernel);
  PREMIX_CHECK(image == filters.with_channels(image.c) && (image.c == bands || image.c == 1),
               "predictive_filter: image ", image, ", filters ", filters, ", kernel ", kernel,
               ". The image must have the filters' size and ", bands, " bands or 1.");
  PREMIX_CHECK((kernel - 1) / 2 < std::min(image.h, image.w), "predictive_filter: kernel ", kernel,
               " is too large for reflection of an image ", image);
}

/// One or two sources.
template <Real T>
Variable<T> predictive_filter(std::span<const FilteredImage<T>> sources, int kernel) {
  const Shape f = sources[0].filters.shape();
  for (const auto& source : sources) {
    check_filtered(source.filters.shape(), source.image.shape(), kernel);
    PREMIX_CHECK(source.filters.shape() == f, "predictive_filter: filters ", f, " and ", source.filters.shape(),
                 ". Filters of one call must have the same shape.");
  }
  const std::int64_t bands = filtered_bands(f, kernel);
  PredictiveFilterArgs<T> args{.source_count = static_cast<int>(sources.size())};
  for (std::size_t i = 0; i < sources.size(); ++i)
    args.sources[i] = {sources[i].filters.value().data(), sources[i].image.value().data(), sources[i].image.shape().c};
  Tensor<T> y(f.with_channels(bands), sources[0].image.device());
  args.y = y.mutable_data();
  args.images = f.n;
  args.height = f.h;
  args.width = f.w;
  args.bands = bands;
  args.kernel = kernel;
  on_device(y.device(), [&](auto device) { predictive_filter_forward(device, args); });

  std::vector<Variable<T>> inputs;  // filters and image of the first source, then of the second
  std::vector<Saved<T>> saved;
  for (const auto& source : sources)
    for (const auto* input : {&source.filters, &source.image}) {
      inputs.push_back(*input);
      saved.emplace_back(input->value());
    }
  std::vector<bool> wanted;
  for (const auto& input : inputs) wanted.push_back(input.requires_grad());

  return record<T>(std::move(y), std::move(inputs), [=](const std::vector<Tensor<T>>& d_outputs) {
    const Tensor<T>& d_y = d_outputs[0];
    std::vector<Tensor<T>> d_inputs(saved.size());
    const auto gradient = [&](std::size_t i) -> T* {
      if (!wanted[i]) return nullptr;
      d_inputs[i] = Tensor<T>(saved[i].get().shape(), d_y.device());
      return d_inputs[i].mutable_data();
    };
    PredictiveFilterBackwardArgs<T> backward{.source_count = static_cast<int>(saved.size() / 2)};
    for (std::size_t i = 0; i < saved.size() / 2; ++i) {
      const Tensor<T>&filters = saved[2 * i].get(), &image = saved[2 * i + 1].get();
      backward.sources[i] = {{filters.data(), image.data(), image.shape().c}, gradient(2 * i), gradient(2 * i + 1)};
    }
    backward.d_y = d_y.data();
    backward.images = f.n;
    backward.height = f.h;
    backward.width = f.w;
    backward.bands = bands;
    backward.kernel = kernel;
    on_device(d_y.device(), [&](auto device) { predictive_filter_backward(device, backward); });
    return d_inputs;
  });
}

}  // namespace detail

/// Predictive filtering: every pixel and band becomes the sum of its K x K neighbours, weighted by its own filter.
/// filters (N, H, W, K*K*B), tap-major: channel (dy K + dx) B + b; image (N, H, W, B), or (N, H, W, 1) to filter one
/// band B times -> (N, H, W, B). K is odd. The image is reflected at its border without repeating the edge. Cui et al.,
/// 2025; docs/ops/predictive_filter.md.
template <Real T>
Variable<T> predictive_filter(const Variable<T>& filters, const Variable<T>& image, int kernel) {
  const FilteredImage<T> sources[] = {{filters, image}};
  return detail::predictive_filter(std::span<const FilteredImage<T>>(sources), kernel);
}

/// Returns predictive_filter(a.filters, a.image, kernel) + predictive_filter(b.filters, b.image, kernel), computed in
/// one pass. Both filters have the same shape (N, H, W, K*K*B).
template <Real T>
Variable<T> predictive_filter_sum(const FilteredImage<T>& a, const FilteredImage<T>& b, int kernel) {
  const FilteredImage<T> sources[] = {a, b};
  return detail::predictive_filter(std::span<const FilteredImage<T>>(sources), kernel);
}

}  // namespace premix
