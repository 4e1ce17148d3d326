#include "premix/kernels/conv2d.hpp"

#include <algorithm>

#include "cpu/onednn/convolution.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

// Every pass is divided into row chunks of one image, which depend only on the sizes. Each chunk is a separate
// convolution on one thread of the pool. So results are bit-identical for any number of threads.

namespace premix {
namespace {

namespace onednn = on_cpu::onednn;
using onednn::Geometry;
using onednn::Pass;

// A chunk: a separate convolution, and the start of its rows.
struct Chunk {
  Geometry geometry;
  std::int64_t image, x_row, y_row;

  const float* x(const float* all, const Conv2dSizes& s) const {
    return all + (image * s.height + x_row) * s.width * s.channels;
  }
  const float* y(const float* all, const Conv2dSizes& s) const {
    return all + (image * s.out_height + y_row) * s.out_width * s.out_channels;
  }
};

// Returns the chunk for rows begin .. end - 1 of y, with the rows of x that they read.
Chunk chunk_of_y(const Conv2dSizes& s, std::int64_t image, std::int64_t begin, std::int64_t end) {
  const std::int64_t first = begin * s.stride - s.padding(), last = (end - 1) * s.stride - s.padding() + s.kernel;
  const std::int64_t x_begin = std::max<std::int64_t>(0, first), x_end = std::min(s.height, last);
  Conv2dSizes part = s;
  part.images = 1;
  part.out_height = end - begin;
  part.height = x_end - x_begin;
  Chunk chunk{Geometry(part), image, x_begin, begin};
  chunk.geometry.top = x_begin - first;
  chunk.geometry.bottom = last - x_end;
  return chunk;
}

// Returns the chunk for rows begin .. end - 1 of x, with the rows of y that read them. Other rows of x that those rows
// of y read become padding.
Chunk chunk_of_x(const Conv2dSizes& s, std::int64_t image, std::int64_t begin, std::int64_t end) {
  const auto ceil_div = [](std::int64_t a, std::int64_t b) { return a <= 0 ? 0 : (a + b - 1) / b; };
  const std::int64_t y_begin = ceil_div(begin + s.padding() - s.kernel + 1, s.stride);
  const std::int64_t y_end = std::min(s.out_height, (end - 1 + s.padding()) / s.stride + 1);
  Conv2dSizes part = s;
  part.images = 1;
  part.height = end - begin;
  part.out_height = y_end - y_begin;
  Chunk chunk{Geometry(part), image, begin, y_begin};
  chunk.geometry.top = begin + s.padding() - y_begin * s.stride;
  chunk.geometry.bottom = (y_end - 1) * s.stride - s.padding() + s.kernel - end;
  return chunk;
}

// The chunks of all images, each with about `pixels` pixels of a height x width image.
class Chunks {
 public:
  Chunks(std::int64_t images, std::int64_t height, std::int64_t width, std::int64_t pixels)
      : height_(height),
        rows_(std::clamp<std::int64_t>(pixels / width, 1, height)),
        per_image_((height + rows_ - 1) / rows_),
        images_(images) {}

  std::int64_t count() const { return images_ * per_image_; }

  // Calls fn(index, image, first row, end row) for each chunk, on several threads.
  template <class Fn>
  void for_each(Fn&& fn) const {
    parallel_for(count(), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t row = i % per_image_ * rows_;
        fn(i, i / per_image_, row, std::min(row + rows_, height_));
      }
    });
  }

 private:
  std::int64_t height_, rows_, per_image_, images_;
};

// About one millisecond of work: enough chunks for many threads, and a small share for the two-row halo between
// neighbours.
constexpr std::int64_t chunk_pixels = 2048;

// Runs a primitive that reads the weight, after a reorder of the weight to the primitive's layout.
void run_with_weight(const onednn::Prepared& p, const float* weight, onednn::Arguments arguments) {
  const onednn::Scratch packed(p.weight), scratchpad(p.scratchpad);
  onednn::execute(p.reorder, {{DNNL_ARG_FROM, onednn::view(p.plain_weight, weight)}, {DNNL_ARG_TO, packed.memory()}});
  arguments.insert({DNNL_ARG_WEIGHTS, packed.memory()});
  arguments.insert({DNNL_ARG_SCRATCHPAD, scratchpad.memory()});
  onednn::execute(p.primitive, arguments);
}

// Computes d_weight (O, K, K, C) of one chunk.
void weight_gradient(const Conv2dBackwardWeightArgs<float>& args, const Chunk& chunk, float* d_weight) {
  const Geometry& g = chunk.geometry;
  const onednn::Prepared& p = prepared(Pass::backward_weight, g);
  const onednn::Scratch packed(p.weight), scratchpad(p.scratchpad);
  onednn::execute(p.primitive, {{DNNL_ARG_SRC, onednn::view(g.x(), chunk.x(args.x, args.sizes))},
                                {DNNL_ARG_DIFF_DST, onednn::view(g.y(), chunk.y(args.d_y, args.sizes))},
                                {DNNL_ARG_DIFF_WEIGHTS, packed.memory()},
                                {DNNL_ARG_SCRATCHPAD, scratchpad.memory()}});
  onednn::execute(p.reorder, {{DNNL_ARG_FROM, packed.memory()}, {DNNL_ARG_TO, onednn::view(p.plain_weight, d_weight)}});
}

}  // namespace

template <>
void conv2d_forward(Cpu, const Conv2dArgs<float>& args) {
  const Conv2dSizes& s = args.sizes;
  Chunks(s.images, s.out_height, s.out_width, chunk_pixels)
      .for_each([&](std::int64_t, std::int64_t image, std::int64_t begin, std::int64_t end) {
        const Chunk chunk = chunk_of_y(s, image, begin, end);
        const Geometry& g = chunk.geometry;
        onednn::Arguments arguments{{DNNL_ARG_SRC, onednn::view(g.x(), chunk.x(args.x, s))},
                                    {DNNL_ARG_DST, onednn::view(g.y(), chunk.y(args.y, s))}};
        if (args.bias != nullptr) arguments.insert({DNNL_ARG_BIAS, onednn::view(g.bias(), args.bias)});
        run_with_weight(prepared(args.bias != nullptr ? Pass::forward_with_bias : Pass::forward, g), args.weight,
                        std::move(arguments));
      });
}

template <>
void conv2d_backward_data(Cpu, const Conv2dBackwardDataArgs<float>& args) {
  const Conv2dSizes& s = args.sizes;
  Chunks(s.images, s.height, s.width, chunk_pixels)
      .for_each([&](std::int64_t, std::int64_t image, std::int64_t begin, std::int64_t end) {
        const Chunk chunk = chunk_of_x(s, image, begin, end);
        const Geometry& g = chunk.geometry;
        run_with_weight(prepared(Pass::backward_data, g), args.weight,
                        {{DNNL_ARG_DIFF_DST, onednn::view(g.y(), chunk.y(args.d_y, s))},
                         {DNNL_ARG_DIFF_SRC, onednn::view(g.x(), chunk.x(args.d_x, s))}});
      });
}

// The gradients of the chunks are added in order.
template <>
void conv2d_backward_weight(Cpu, const Conv2dBackwardWeightArgs<float>& args) {
  const Conv2dSizes& s = args.sizes;
  const std::int64_t weights = s.out_channels * s.kernel * s.kernel * s.channels;
  const Chunks chunks(s.images, s.out_height, s.out_width, 2 * chunk_pixels);
  const Buffer scratch(static_cast<std::size_t>(chunks.count() * weights) * sizeof(float), cpu());
  auto* partial = static_cast<float*>(scratch.data());  // (chunks, O, K, K, C)
  chunks.for_each([&](std::int64_t i, std::int64_t image, std::int64_t begin, std::int64_t end) {
    weight_gradient(args, chunk_of_y(s, image, begin, end), partial + i * weights);
  });
  parallel_for(weights, 2048, [&](std::int64_t begin, std::int64_t end) {
    std::copy(partial + begin, partial + end, args.d_weight + begin);
    for (std::int64_t i = 1; i < chunks.count(); ++i)
      for (std::int64_t j = begin; j < end; ++j) args.d_weight[j] += partial[i * weights + j];
  });
}

}  // namespace premix
