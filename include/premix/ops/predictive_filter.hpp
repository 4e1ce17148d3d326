#pragma once

#include <algorithm>

#include "premix/autograd/variable.hpp"
#include "premix/kernels/predictive_filter.hpp"

namespace premix {

/// Predictive filtering: every pixel and band of the image is replaced by the sum of its K x K neighbours weighted by a filter of its own.
/// filters (N, H, W, K*K*B), tap-major: channel (dy K + dx) B + b; image (N, H, W, B), or (N, H, W, 1) to filter one band B times
/// -> (N, H, W, B). K odd; the image is reflected at its border without repeating the edge. Cui et al., 2025;
/// docs/ops/predictive_filter.md.
template <Real T>
Variable<T> predictive_filter(const Variable<T>& filters, const Variable<T>& image, int kernel) {
  const Shape f = filters.shape(), im = image.shape();
  PREMIX_CHECK(kernel > 0 && kernel % 2 == 1 && f.c % (kernel * kernel) == 0, "predictive_filter: filters ", f, ", kernel ", kernel,
               "; the kernel must be odd and the filters have kernel * kernel * bands channels");
  const std::int64_t bands = f.c / (kernel * kernel);
  PREMIX_CHECK(im == f.with_channels(im.c) && (im.c == bands || im.c == 1), "predictive_filter: image ", im, ", filters ", f, " of kernel ",
               kernel, "; the image must have the filters' size and ", bands, " bands or 1");
  PREMIX_CHECK((kernel - 1) / 2 < std::min(im.h, im.w), "predictive_filter: kernel ", kernel, " reaches beyond the reflection of an image ",
               im);
  Tensor<T> y(im.with_channels(bands), image.device());
  on_device(image.device(), [&](auto device) {
    predictive_filter_forward(device, PredictiveFilterArgs<T>{filters.value().data(), image.value().data(), y.mutable_data(), im.n, im.h,
                                                              im.w, bands, im.c, kernel});
  });

  const bool wants_filters = filters.requires_grad(), wants_image = image.requires_grad();
  return record<T>(
      std::move(y), {filters, image},
      [=, saved_filters = Saved<T>(filters.value()), saved_image = Saved<T>(image.value())](const std::vector<Tensor<T>>& d_outputs) {
        const Tensor<T>& d_y = d_outputs[0];
        std::vector<Tensor<T>> d_inputs(2);
        if (wants_filters) d_inputs[0] = Tensor<T>(f, d_y.device());
        if (wants_image) d_inputs[1] = Tensor<T>(im, d_y.device());
        on_device(d_y.device(), [&](auto device) {
          predictive_filter_backward(
              device,
              PredictiveFilterBackwardArgs<T>{saved_filters.get().data(), saved_image.get().data(), d_y.data(),
                                              wants_filters ? d_inputs[0].mutable_data() : nullptr,
                                              wants_image ? d_inputs[1].mutable_data() : nullptr, im.n, im.h, im.w, bands, im.c, kernel});
        });
        return d_inputs;
      });
}

}  // namespace premix
