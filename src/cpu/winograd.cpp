#include "cpu/winograd.hpp"

#include "cpu/winograd_transforms.hpp"

#if defined(__AVX2__)
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

// Tiles are done in blocks that fit the second-level cache: for each of the 36 points a matrix (tiles, C) of transformed input times one
// (C, O) of transformed weights. The products are almost all of the work (2304 of about 3000 cycles a tile, C = O = 32), and run from
// registers: 12 tiles by 2 registers of output channels.

namespace premix::on_cpu::PREMIX_ISA {

#if defined(__AVX512F__)
using Wide = F32x16;
constexpr int gemm_rows = 12;
#else
using Wide = F32x8;
constexpr int gemm_rows = 6;
#endif

constexpr std::int64_t block_tiles = 24;

// Between the matrices of two points lies a cache line, so that the 36 streams do not meet in the same sets of the cache.
constexpr std::int64_t skew = 16;

constexpr std::int64_t padded(std::int64_t channels) { return (channels + 7) / 8 * 8; }

// Calls fn(register type, first channel, channels) for registers that together hold `channels` channels.
template <class Fn>
[[gnu::always_inline]] inline void for_each_register(std::int64_t channels, const Fn& fn) {
  std::int64_t c = 0;
  for (; c + Wide::width <= channels; c += Wide::width) fn(Wide::zero(), c, std::int64_t{Wide::width});
  for (; c < channels; c += F32x8::width) fn(F32x8::zero(), c, channels - c < F32x8::width ? channels - c : F32x8::width);
}

template <class V>
V load(const float* from, std::int64_t channels) {
  if constexpr (V::width == 8)
    if (channels < 8) return V::load(from, channels);
  return V::load(from);
}

template <class V>
void store(V value, float* to, std::int64_t channels) {
  if constexpr (V::width == 8)
    if (channels < 8) return value.store(to, channels);
  value.store(to);
}

// c (rows, NV registers) = or += a times b. a (r, k) lies at a[r a_row + k a_depth], b and c are row-major.
template <class V, int rows, int NV, bool accumulate>
void multiply_panel(const float* a, std::int64_t a_row, std::int64_t a_depth, const float* b, std::int64_t b_row, std::int64_t depth,
                    float* c, std::int64_t c_row) {
  V sums[rows][NV];
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) sums[r][j] = accumulate ? V::load(c + r * c_row + j * V::width) : V::zero();
  for (std::int64_t k = 0; k < depth; ++k) {
    V right[NV];
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) right[j] = V::load(b + k * b_row + j * V::width);
#pragma GCC unroll 12
    for (int r = 0; r < rows; ++r) {
      const V left = V::all(a[r * a_row + k * a_depth]);
#pragma GCC unroll 2
      for (int j = 0; j < NV; ++j) sums[r][j] = mul_add(left, right[j], sums[r][j]);
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) sums[r][j].store(c + r * c_row + j * V::width);
}

// The same for all rows and columns; columns a multiple of 8.
template <int rows, bool accumulate>
void multiply(const float* a, std::int64_t a_row, std::int64_t a_depth, const float* b, float* c, std::int64_t all_rows, std::int64_t depth,
              std::int64_t columns) {
  for (std::int64_t r = 0; r < all_rows; r += rows) {
    const float* left = a + r * a_row;
    float* to = c + r * columns;
    std::int64_t j = 0;
    for (; j + 2 * Wide::width <= columns; j += 2 * Wide::width)
      multiply_panel<Wide, rows, 2, accumulate>(left, a_row, a_depth, b + j, columns, depth, to + j, columns);
    for (; j + Wide::width <= columns; j += Wide::width)
      multiply_panel<Wide, rows, 1, accumulate>(left, a_row, a_depth, b + j, columns, depth, to + j, columns);
    for (; j < columns; j += 8) multiply_panel<F32x8, rows, 1, accumulate>(left, a_row, a_depth, b + j, columns, depth, to + j, columns);
  }
}

// The tiles of some rows of images.
class Tiles {
 public:
  Tiles(const WinogradSizes& s, std::int64_t row_begin, std::int64_t row_end)
      : first_(row_begin / winograd_out),
        down_((row_end + winograd_out - 1) / winograd_out - first_),
        across_((s.width + winograd_out - 1) / winograd_out),
        images_(s.images) {}

  std::int64_t count() const { return images_ * down_ * across_; }
  std::int64_t blocks() const { return (count() + block_tiles - 1) / block_tiles; }

  struct Place {
    std::int64_t image, y, x;  // of the first result
  };
  Place place(std::int64_t tile) const {
    const std::int64_t row = tile / across_;
    return {row / down_, (row % down_ + first_) * winograd_out, tile % across_ * winograd_out};
  }

 private:
  std::int64_t first_, down_, across_, images_;
};

// An image's patch of side x side pixels, at (y, x), copied with zeros where the image ends and changed on the way: x + add, or x where
// another is positive.
struct Patch {
  const float *x, *add, *where;
  std::int64_t height, width, channels;

  template <int side>
  void copy(std::int64_t y, std::int64_t left, float* to) const {
    const std::int64_t stride = padded(channels);
    for (std::int64_t i = 0; i < side; ++i)
      for (std::int64_t j = 0; j < side; ++j) {
        const bool inside = y + i >= 0 && y + i < height && left + j >= 0 && left + j < width;
        const std::int64_t from = ((y + i) * width + left + j) * channels;
        float* pixel = to + (i * side + j) * stride;
        for_each_register(channels, [&](auto zero, std::int64_t c, std::int64_t n) {
          using V = decltype(zero);
          V value = zero;
          if (inside) value = load<V>(x + from + c, n);
          if (inside && add != nullptr) value = value + load<V>(add + from + c, n);
          if (inside && where != nullptr) value = where_positive(load<V>(where + from + c, n), value);
          value.store(pixel + c);
        });
      }
  }

  bool plain() const { return add == nullptr && where == nullptr; }

  template <int side>
  bool inside(std::int64_t y, std::int64_t left) const {
    return y >= 0 && y + side <= height && left >= 0 && left + side <= width;
  }
};

// v = B^T d B of 6 x 6 pixels for one register of channels: row by row, so that no intermediate needs memory. v: at point p, v[p step].
template <class V>
void transform_input(const float* d, std::int64_t row, std::int64_t pixel, std::int64_t channels, float* v, std::int64_t step) {
  const auto at = [&](int i, int j) { return load<V>(d + i * row + j * pixel, channels); };
  const auto across = [&](int i, const V(&r)[winograd_in]) {
    float* to = v + i * winograd_in * step;
    const auto [p1, p2] = input_pair<0>(r[1], r[2], r[3], r[4]);
    const auto [p3, p4] = input_pair<1>(r[1], r[2], r[3], r[4]);
    input_end(r[0], r[2], r[4]).store(to);
    p1.store(to + step), p2.store(to + 2 * step), p3.store(to + 3 * step), p4.store(to + 4 * step);
    input_end(r[1], r[3], r[5]).store(to + 5 * step);
  };
  V first[winograd_in], second[winograd_in];
#pragma GCC unroll 6
  for (int j = 0; j < winograd_in; ++j) first[j] = input_end(at(0, j), at(2, j), at(4, j));
  across(0, first);
#pragma GCC unroll 6
  for (int j = 0; j < winograd_in; ++j) {
    const auto [plus, minus] = input_pair<0>(at(1, j), at(2, j), at(3, j), at(4, j));
    first[j] = plus, second[j] = minus;
  }
  across(1, first), across(2, second);
#pragma GCC unroll 6
  for (int j = 0; j < winograd_in; ++j) {
    const auto [plus, minus] = input_pair<1>(at(1, j), at(2, j), at(3, j), at(4, j));
    first[j] = plus, second[j] = minus;
  }
  across(3, first), across(4, second);
#pragma GCC unroll 6
  for (int j = 0; j < winograd_in; ++j) first[j] = input_end(at(1, j), at(3, j), at(5, j));
  across(5, first);
}

// z = A d A^T of 4 x 4 pixels, likewise.
template <class V>
void transform_gradient(const float* d, std::int64_t row, std::int64_t pixel, std::int64_t channels, float* z, std::int64_t step) {
  const auto at = [&](int i, int j) { return load<V>(d + i * row + j * pixel, channels); };
  const auto across = [&](int i, const V(&r)[winograd_out]) {
    float* to = z + i * winograd_in * step;
    const auto [p1, p2] = gradient_pair<0>(r[0], r[1], r[2], r[3]);
    const auto [p3, p4] = gradient_pair<1>(r[0], r[1], r[2], r[3]);
    r[0].store(to), p1.store(to + step), p2.store(to + 2 * step), p3.store(to + 3 * step), p4.store(to + 4 * step);
    r[3].store(to + 5 * step);
  };
  V first[winograd_out], second[winograd_out];
#pragma GCC unroll 4
  for (int j = 0; j < winograd_out; ++j) first[j] = at(0, j);
  across(0, first);
#pragma GCC unroll 4
  for (int j = 0; j < winograd_out; ++j) {
    const auto [plus, minus] = gradient_pair<0>(at(0, j), at(1, j), at(2, j), at(3, j));
    first[j] = plus, second[j] = minus;
  }
  across(1, first), across(2, second);
#pragma GCC unroll 4
  for (int j = 0; j < winograd_out; ++j) {
    const auto [plus, minus] = gradient_pair<1>(at(0, j), at(1, j), at(2, j), at(3, j));
    first[j] = plus, second[j] = minus;
  }
  across(3, first), across(4, second);
#pragma GCC unroll 4
  for (int j = 0; j < winograd_out; ++j) first[j] = at(3, j);
  across(5, first);
}

// The scratch memory of one thread.
struct Scratch {
  std::int64_t in_step, out_step;  // from point to point
  Buffer buffer;
  float *in, *out, *patch;

  Scratch(const WinogradSizes& s)
      : in_step(block_tiles * padded(s.channels) + skew),
        out_step(block_tiles * padded(s.out_channels) + skew),
        buffer(
            static_cast<std::size_t>(winograd_points * (in_step + out_step + padded(s.channels) + padded(s.out_channels))) * sizeof(float),
            {}),
        in(static_cast<float*>(buffer.data())),
        out(in + winograd_points * in_step),
        patch(out + winograd_points * out_step) {}
};

// Transforms the input of `count` tiles from `first` on.
void transform_inputs(const Patch& all, const Tiles& tiles, std::int64_t x_row, std::int64_t first, std::int64_t count,
                      const Scratch& scratch) {
  const std::int64_t stride = padded(all.channels);
  for (std::int64_t t = 0; t < count; ++t) {
    const Tiles::Place place = tiles.place(first + t);
    const std::int64_t offset = (place.image * all.height - x_row) * all.width * all.channels, y = place.y - 1, x = place.x - 1;
    Patch image = all;
    image.x += offset;
    if (image.add != nullptr) image.add += offset;
    if (image.where != nullptr) image.where += offset;
    const float* patch = image.x + (y * all.width + x) * all.channels;
    std::int64_t row = all.width * all.channels, pixel = all.channels;
    if (!image.plain() || !image.inside<winograd_in>(y, x)) {
      image.copy<winograd_in>(y, x, scratch.patch);
      patch = scratch.patch, row = winograd_in * stride, pixel = stride;
    }
    for_each_register(all.channels, [&](auto zero, std::int64_t c, std::int64_t n) {
      transform_input<decltype(zero)>(patch + c, row, pixel, n, scratch.in + t * stride + c, scratch.in_step);
    });
  }
}

// Results of one tile for one register of channels: y = relu(A^T m A + bias + add).
template <class V>
void transform_output(const WinogradArgs& args, const Tiles::Place& place, std::int64_t row_end, const float* m, std::int64_t step,
                      std::int64_t c, std::int64_t channels) {
  V half[winograd_in][winograd_out];
#pragma GCC unroll 6
  for (int j = 0; j < winograd_in; ++j) {
    V column[winograd_in];
#pragma GCC unroll 6
    for (int i = 0; i < winograd_in; ++i) column[i] = V::load(m + (i * winograd_in + j) * step);
    output_transform(column, half[j]);
  }
  const WinogradSizes& s = args.sizes;
  const V bias = args.bias != nullptr ? load<V>(args.bias + c, channels) : V::zero();
  const std::int64_t rows = row_end - place.y < winograd_out ? row_end - place.y : winograd_out;
  const std::int64_t columns = s.width - place.x < winograd_out ? s.width - place.x : winograd_out;
#pragma GCC unroll 4
  for (int i = 0; i < winograd_out; ++i) {
    if (i >= rows) break;
    V line[winograd_in], y[winograd_out];
#pragma GCC unroll 6
    for (int j = 0; j < winograd_in; ++j) line[j] = half[j][i];
    output_transform(line, y);
    const std::int64_t to = ((place.image * s.height + place.y + i - args.y_row) * s.width + place.x) * s.out_channels + c;
#pragma GCC unroll 4
    for (int j = 0; j < winograd_out; ++j) {
      if (j >= columns) break;
      const std::int64_t at = to + j * s.out_channels;
      V value = y[j] + bias;
      if (args.add[0] != nullptr) value = value + load<V>(args.add[0] + at, channels);
      if (args.add[1] != nullptr) value = value + load<V>(args.add[1] + at, channels);
      if (args.relu) value = max(V::zero(), value);  // NaN stays
      store(value, args.y + at, channels);
    }
  }
}

void winograd_forward(const WinogradArgs& args) {
  const WinogradSizes& s = args.sizes;
  const std::int64_t row_end = args.row_end < 0 ? s.height : args.row_end, in = padded(s.channels), out = padded(s.out_channels);
  const Tiles tiles(s, args.row_begin, row_end);
  const Patch patch{args.x, args.x_add, args.x_where, s.height, s.width, s.channels};
  parallel_for(tiles.blocks(), 1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch scratch(s);
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = block * block_tiles, left = tiles.count() - first, count = left < block_tiles ? left : block_tiles;
      transform_inputs(patch, tiles, args.x_row, first, count, scratch);
      const std::int64_t rows = (count + gemm_rows - 1) / gemm_rows * gemm_rows;
      for (int p = 0; p < winograd_points; ++p)
        multiply<gemm_rows, false>(scratch.in + p * scratch.in_step, in, 1, args.weight + p * s.channels * out,
                                   scratch.out + p * scratch.out_step, rows, s.channels, out);
      for (std::int64_t t = 0; t < count; ++t)
        for_each_register(s.out_channels, [&](auto zero, std::int64_t c, std::int64_t n) {
          transform_output<decltype(zero)>(args, tiles.place(first + t), row_end, scratch.out + t * out + c, scratch.out_step, c, n);
        });
    }
  });
}

// Transforms d_y of `count` tiles from `first` on.
void transform_gradients(const Patch& all, const Tiles& tiles, std::int64_t first, std::int64_t count, const Scratch& scratch) {
  const std::int64_t stride = padded(all.channels);
  for (std::int64_t t = 0; t < count; ++t) {
    const Tiles::Place place = tiles.place(first + t);
    const std::int64_t offset = place.image * all.height * all.width * all.channels;
    Patch image = all;
    image.x += offset;
    if (image.where != nullptr) image.where += offset;
    const float* patch = image.x + (place.y * all.width + place.x) * all.channels;
    std::int64_t row = all.width * all.channels, pixel = all.channels;
    if (!image.plain() || !image.inside<winograd_out>(place.y, place.x)) {
      image.copy<winograd_out>(place.y, place.x, scratch.patch);
      patch = scratch.patch, row = winograd_out * stride, pixel = stride;
    }
    for_each_register(all.channels, [&](auto zero, std::int64_t c, std::int64_t n) {
      transform_gradient<decltype(zero)>(patch + c, row, pixel, n, scratch.out + t * stride + c, scratch.out_step);
    });
  }
}

// d_weight (O, 3, 3, C) = G^T u G, u (36, C padded, O padded).
void gradient_of_weight(const WinogradSizes& s, const float* u, float* d_weight) {
  const std::int64_t columns = padded(s.out_channels), step = padded(s.channels) * columns;
  for (std::int64_t c = 0; c < s.channels; ++c)
    for (std::int64_t o = 0; o < s.out_channels; ++o) {
      double half[3][winograd_in] = {};
      for (int a = 0; a < 3; ++a)
        for (int j = 0; j < winograd_in; ++j)
          for (int i = 0; i < winograd_in; ++i)
            half[a][j] += winograd_g[i][a] * static_cast<double>(u[(i * winograd_in + j) * step + c * columns + o]);
      for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) {
          double sum = 0;
          for (int j = 0; j < winograd_in; ++j) sum += half[a][j] * winograd_g[j][b];
          d_weight[((o * 3 + a) * 3 + b) * s.channels + c] = static_cast<float>(sum);
        }
    }
}

// Every run of blocks sums on its own, and the runs' sums are added in their order: how many there are depends on the sizes alone.
void winograd_weight_gradient(const WinogradWeightGradientArgs& args) {
  constexpr std::int64_t most_runs = 16, rows = 8;
  const WinogradSizes& s = args.sizes;
  const Tiles tiles(s, 0, s.height);
  const std::int64_t in = padded(s.channels), out = padded(s.out_channels), size = winograd_points * in * out;
  const std::int64_t runs = tiles.blocks() < most_runs ? tiles.blocks() : most_runs;
  const Patch x{args.x, nullptr, nullptr, s.height, s.width, s.channels};
  const Patch d_y{args.d_y, nullptr, args.d_y_where, s.height, s.width, s.out_channels};
  const Buffer buffer(static_cast<std::size_t>(runs * size) * sizeof(float), {});
  float* sums = static_cast<float*>(buffer.data());  // (runs, 36, C padded, O padded)
  parallel_for(runs, 1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch scratch(s);
    for (std::int64_t run = begin; run < end; ++run) {
      float* u = sums + run * size;
      for (std::int64_t i = 0; i < size; ++i) u[i] = 0;
      for (std::int64_t block = tiles.blocks() * run / runs; block < tiles.blocks() * (run + 1) / runs; ++block) {
        const std::int64_t first = block * block_tiles, left = tiles.count() - first, count = left < block_tiles ? left : block_tiles;
        transform_inputs(x, tiles, 0, first, count, scratch);
        transform_gradients(d_y, tiles, first, count, scratch);
        for (int p = 0; p < winograd_points; ++p)
          multiply<rows, true>(scratch.in + p * scratch.in_step, 1, in, scratch.out + p * scratch.out_step, u + p * in * out, in, count,
                               out);
      }
    }
  });
  parallel_for(size, 4096, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t run = 1; run < runs; ++run)
      for (std::int64_t i = begin; i < end; ++i) sums[i] += sums[run * size + i];
  });
  gradient_of_weight(s, sums, args.d_weight);
}

}  // namespace premix::on_cpu::PREMIX_ISA
#endif
