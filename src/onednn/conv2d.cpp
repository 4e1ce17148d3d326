#include "premix/kernels/conv2d.hpp"

#include <omp.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <tuple>

#include "onednn/runtime.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

namespace premix {
namespace {

using onednn::dims;
using onednn::Memory;

// A convolution as oneDNN sees it: the paddings at the bottom and at the right follow from the sizes.
struct Geometry {
  Conv2dSizes sizes;
  std::int64_t top = 0, bottom = 0;

  explicit Geometry(const Conv2dSizes& s) : sizes(s), top(s.padding()), bottom((s.out_height - 1) * s.stride - top + s.kernel - s.height) {}

  std::int64_t left() const { return sizes.padding(); }
  std::int64_t right() const { return (sizes.out_width - 1) * sizes.stride - left() + sizes.kernel - sizes.width; }
  dims x() const { return {sizes.images, sizes.channels, sizes.height, sizes.width}; }
  dims y() const { return {sizes.images, sizes.out_channels, sizes.out_height, sizes.out_width}; }
  dims weight() const { return {sizes.out_channels, sizes.channels, sizes.kernel, sizes.kernel}; }

  auto key() const {
    const auto& s = sizes;
    return std::tuple(s.images, s.height, s.width, s.channels, s.out_height, s.out_width, s.out_channels, s.kernel, s.stride, top, bottom);
  }
};

// A primitive for one geometry, and the order in which it wants the weight.
struct Prepared {
  dnnl::primitive primitive;
  Memory weight, scratchpad;
  dnnl::reorder reorder;  // between (O, K, K, C) and that order
};

enum class Pass { forward, forward_with_bias, backward_data, backward_weight };

dnnl::memory::desc image_desc(const dims& d) { return {d, dnnl::memory::data_type::f32, dnnl::memory::format_tag::nhwc}; }
dnnl::memory::desc any_weight(const Geometry& g) { return {g.weight(), dnnl::memory::data_type::f32, dnnl::memory::format_tag::any}; }
dnnl::memory::desc plain_weight(const Geometry& g) { return {g.weight(), dnnl::memory::data_type::f32, dnnl::memory::format_tag::ohwi}; }

dnnl::convolution_forward::primitive_desc forward_desc(const Geometry& g, bool bias) {
  const dims strides{g.sizes.stride, g.sizes.stride}, before{g.top, g.left()}, after{g.bottom, g.right()};
  constexpr auto algorithm = dnnl::algorithm::convolution_direct;
  constexpr auto kind = dnnl::prop_kind::forward_training;
  const dnnl::memory::desc bias_desc({g.sizes.out_channels}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::x);
  const auto desc =
      bias ? dnnl::convolution_forward::desc(kind, algorithm, image_desc(g.x()), any_weight(g), bias_desc, image_desc(g.y()), strides,
                                             before, after)
           : dnnl::convolution_forward::desc(kind, algorithm, image_desc(g.x()), any_weight(g), image_desc(g.y()), strides, before, after);
  return {desc, onednn::user_scratchpad(), onednn::engine()};
}

dnnl::convolution_backward_data::primitive_desc backward_data_desc(const Geometry& g) {
  const dnnl::convolution_backward_data::desc desc(dnnl::algorithm::convolution_direct, image_desc(g.x()), any_weight(g), image_desc(g.y()),
                                                   {g.sizes.stride, g.sizes.stride}, {g.top, g.left()}, {g.bottom, g.right()});
  return {desc, onednn::user_scratchpad(), onednn::engine(), forward_desc(g, false)};
}

dnnl::convolution_backward_weights::primitive_desc backward_weight_desc(const Geometry& g) {
  const dnnl::convolution_backward_weights::desc desc(dnnl::algorithm::convolution_direct, image_desc(g.x()), any_weight(g),
                                                      image_desc(g.y()), {g.sizes.stride, g.sizes.stride}, {g.top, g.left()},
                                                      {g.bottom, g.right()});
  return {desc, onednn::user_scratchpad(), onednn::engine(), forward_desc(g, false)};
}

template <class Primitive, class Desc>
Prepared prepare(const Geometry& g, const Desc& desc, const dnnl::memory::desc& weight, bool weight_is_result) {
  const auto plain = plain_weight(g);
  const auto& from = weight_is_result ? weight : plain;
  const auto& to = weight_is_result ? plain : weight;
  return {Primitive(desc), weight, desc.scratchpad_desc(), dnnl::reorder({onednn::engine(), from, onednn::engine(), to})};
}

Prepared make(Pass pass, const Geometry& g) {
  switch (pass) {
    case Pass::backward_data: {
      const auto desc = backward_data_desc(g);
      return prepare<dnnl::convolution_backward_data>(g, desc, desc.weights_desc(), false);
    }
    case Pass::backward_weight: {
      const auto desc = backward_weight_desc(g);
      return prepare<dnnl::convolution_backward_weights>(g, desc, desc.diff_weights_desc(), true);
    }
    default: {
      const auto desc = forward_desc(g, pass == Pass::forward_with_bias);
      return prepare<dnnl::convolution_forward>(g, desc, desc.weights_desc(), false);
    }
  }
}

// Making a primitive generates code, so each is made once. A primitive divides its work for the threads there were when it was made.
const Prepared& prepared(Pass pass, const Geometry& g) {
  using Key = decltype(std::tuple(pass, omp_get_max_threads(), g.key()));
  static std::mutex mutex;
  static auto* cache = new std::map<Key, Prepared>;  // never destroyed: oneDNN's own statics may go first
  const std::lock_guard lock(mutex);
  const Key key(pass, omp_get_max_threads(), g.key());
  auto found = cache->find(key);
  if (found == cache->end()) {
    try {
      found = cache->emplace(key, make(pass, g)).first;
    } catch (const dnnl::error& error) {
      fail(ErrorKind::runtime, "conv2d: oneDNN refuses kernel ", g.sizes.kernel, ", stride ", g.sizes.stride, ", ", g.sizes.channels,
           " to ", g.sizes.out_channels, " channels: ", error.what());
    }
  }
  return found->second;
}

// Runs a primitive that reads the weight: first brings the weight into the primitive's order.
void run_with_weight(const Prepared& p, const Geometry& g, const float* weight, onednn::Arguments arguments) {
  const onednn::Scratch packed(p.weight);
  onednn::execute(p.reorder, {{DNNL_ARG_FROM, onednn::view(plain_weight(g), weight)}, {DNNL_ARG_TO, packed.memory()}});
  const onednn::Scratch scratchpad(p.scratchpad);
  arguments.insert({DNNL_ARG_WEIGHTS, packed.memory()});
  arguments.insert({DNNL_ARG_SCRATCHPAD, scratchpad.memory()});
  onednn::execute(p.primitive, arguments);
}

// Rows begin .. end - 1 of y as a convolution of their own, and where its part of x begins.
struct Chunk {
  Geometry geometry;
  std::int64_t image, x_row, y_row;
};

Chunk chunk_of(const Conv2dSizes& s, std::int64_t image, std::int64_t begin, std::int64_t end) {
  const std::int64_t first = begin * s.stride - s.padding(), last = (end - 1) * s.stride - s.padding() + s.kernel;
  Conv2dSizes part = s;
  part.images = 1;
  part.out_height = end - begin;
  part.height = std::min(s.height, last) - std::max<std::int64_t>(0, first);
  Chunk chunk{Geometry(part), image, std::max<std::int64_t>(0, first), begin};
  chunk.geometry.top = std::max<std::int64_t>(0, -first);
  chunk.geometry.bottom = last - std::min(s.height, last);
  return chunk;
}

void weight_gradient_of_chunk(const Conv2dBackwardWeightArgs<float>& args, const Chunk& chunk, float* d_weight) {
  const Conv2dSizes& s = args.sizes;
  const Geometry& g = chunk.geometry;
  const Prepared& p = prepared(Pass::backward_weight, g);
  const float* x = args.x + (chunk.image * s.height + chunk.x_row) * s.width * s.channels;
  const float* d_y = args.d_y + (chunk.image * s.out_height + chunk.y_row) * s.out_width * s.out_channels;
  const onednn::Scratch packed(p.weight), scratchpad(p.scratchpad);
  onednn::execute(p.primitive, {{DNNL_ARG_SRC, onednn::view(image_desc(g.x()), x)},
                                {DNNL_ARG_DIFF_DST, onednn::view(image_desc(g.y()), d_y)},
                                {DNNL_ARG_DIFF_WEIGHTS, packed.memory()},
                                {DNNL_ARG_SCRATCHPAD, scratchpad.memory()}});
  onednn::execute(p.reorder, {{DNNL_ARG_FROM, packed.memory()}, {DNNL_ARG_TO, onednn::view(plain_weight(g), d_weight)}});
}

}  // namespace

template <>
void conv2d_forward(Cpu, const Conv2dArgs<float>& args) {
  const Geometry g(args.sizes);
  onednn::Arguments arguments{{DNNL_ARG_SRC, onednn::view(image_desc(g.x()), args.x)},
                              {DNNL_ARG_DST, onednn::view(image_desc(g.y()), args.y)}};
  if (args.bias != nullptr) {
    const dnnl::memory::desc bias({g.sizes.out_channels}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::x);
    arguments.insert({DNNL_ARG_BIAS, onednn::view(bias, args.bias)});
  }
  run_with_weight(prepared(args.bias != nullptr ? Pass::forward_with_bias : Pass::forward, g), g, args.weight, std::move(arguments));
}

template <>
void conv2d_backward_data(Cpu, const Conv2dBackwardDataArgs<float>& args) {
  const Geometry g(args.sizes);
  run_with_weight(
      prepared(Pass::backward_data, g), g, args.weight,
      {{DNNL_ARG_DIFF_DST, onednn::view(image_desc(g.y()), args.d_y)}, {DNNL_ARG_DIFF_SRC, onednn::view(image_desc(g.x()), args.d_x)}});
}

// oneDNN's own division of this work depends on the number of threads, and with it the rounding. So the rows are cut into chunks that
// depend on the sizes alone, each is done by one thread, and the chunks are added in their order.
template <>
void conv2d_backward_weight(Cpu, const Conv2dBackwardWeightArgs<float>& args) {
  const Conv2dSizes& s = args.sizes;
  constexpr std::int64_t chunk_pixels = 4096;
  const std::int64_t rows = std::clamp<std::int64_t>(chunk_pixels / s.out_width, 1, s.out_height);
  const std::int64_t chunks_per_image = (s.out_height + rows - 1) / rows, chunks = s.images * chunks_per_image;
  const std::int64_t weights = s.out_channels * s.kernel * s.kernel * s.channels;
  const Buffer scratch(static_cast<std::size_t>(chunks * weights) * sizeof(float), cpu());
  auto* partial = static_cast<float*>(scratch.data());  // (chunks, O, K, K, C)

  parallel_for(chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    const onednn::SingleThread single;
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t row = i % chunks_per_image * rows;
      weight_gradient_of_chunk(args, chunk_of(s, i / chunks_per_image, row, std::min(row + rows, s.out_height)), partial + i * weights);
    }
  });
  parallel_for(weights, 2048, [&](std::int64_t begin, std::int64_t end) {
    std::copy(partial + begin, partial + end, args.d_weight + begin);
    for (std::int64_t i = 1; i < chunks; ++i)
      for (std::int64_t j = begin; j < end; ++j) args.d_weight[j] += partial[i * weights + j];
  });
}

}  // namespace premix
