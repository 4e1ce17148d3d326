#pragma once

#include <tuple>

#include "cpu/onednn/runtime.hpp"
#include "premix/kernels/conv2d.hpp"

namespace premix::on_cpu::onednn {

/// Convolution geometry for oneDNN. The bottom and right padding follow from the sizes, except for a range of image
/// rows.
struct Geometry {
  Conv2dSizes sizes;
  std::int64_t top, bottom;

  explicit Geometry(const Conv2dSizes& s)
      : sizes(s), top(s.padding()), bottom((s.out_height - 1) * s.stride - s.padding() + s.kernel - s.height) {}

  std::int64_t left() const { return sizes.padding(); }
  std::int64_t right() const { return (sizes.out_width - 1) * sizes.stride - left() + sizes.kernel - sizes.width; }
  Description x() const { return image({sizes.images, sizes.channels, sizes.height, sizes.width}); }
  Description y() const { return image({sizes.images, sizes.out_channels, sizes.out_height, sizes.out_width}); }
  Description bias() const { return {{sizes.out_channels}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::x}; }
  Description weight(dnnl::memory::format_tag order) const {
    return {{sizes.out_channels, sizes.channels, sizes.kernel, sizes.kernel}, dnnl::memory::data_type::f32, order};
  }

  auto key() const {
    const auto& s = sizes;
    return std::tuple(s.images, s.height, s.width, s.channels, s.out_height, s.out_width, s.out_channels, s.kernel,
                      s.stride, top, bottom);
  }

 private:
  static Description image(const dnnl::memory::dims& dims) {
    return {dims, dnnl::memory::data_type::f32, dnnl::memory::format_tag::nhwc};
  }
};

enum class Pass { forward, forward_with_bias, backward_data, backward_weight };

/// A primitive for one geometry and one thread.
struct Prepared {
  dnnl::primitive primitive;
  Description plain_weight, weight;  // (O, K, K, C), and the layout of the primitive
  Description scratchpad;
  dnnl::reorder reorder;  // from plain_weight to weight; reversed for backward_weight
};

/// Returns a primitive, created on first use and cached, since creation generates code. Throws a run-time Error if
/// oneDNN has no implementation.
const Prepared& prepared(Pass pass, const Geometry& geometry);

}  // namespace premix::on_cpu::onednn
