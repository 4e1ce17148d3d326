#pragma once

#include "cpu/winograd_scratch.hpp"

// Tiles are processed in blocks that fit the L2 cache. For each of the 36 points a matrix (tiles, C) of transformed
// input is multiplied by one (C, O) of transformed weights. The products are almost all of the work: 2304 of about 3000
// cycles per tile for C = O = 32. They run in registers: 12 tiles by 2 registers of output channels.

#if defined(__AVX2__)
#include "premix/core/memory.hpp"

namespace premix::on_cpu::PREMIX_ISA {

#if defined(__AVX512F__)
using Wide = F32x16;
constexpr int gemm_rows = 12;
#else
using Wide = F32x8;
constexpr int gemm_rows = 6;
#endif

constexpr std::int64_t block_tiles = winograd_block_tiles;

// Calls fn(register, first channel, channels) for registers that together hold `channels` channels.
template <class Fn>
[[gnu::always_inline]] inline void for_each_register(std::int64_t channels, const Fn& fn) {
  std::int64_t c = 0;
  for (; c + Wide::width <= channels; c += Wide::width) fn(Wide::zero(), c, std::int64_t{Wide::width});
  for (; c < channels; c += F32x8::width)
    fn(F32x8::zero(), c, channels - c < F32x8::width ? channels - c : F32x8::width);
}

template <class V, class T>
V load(const T* from, std::int64_t channels) {
  if constexpr (V::width == 8)
    if (channels < 8) return V::load(from, channels);
  return V::load(from);
}

template <class V, class T>
void store(V value, T* to, std::int64_t channels) {
  if constexpr (V::width == 8)
    if (channels < 8) return value.store(to, channels);
  value.store(to);
}

// In bf16, two numbers of a row of a and of a column of b are stored as a pair and multiplied in one instruction.
template <class T>
constexpr std::int64_t together = std::same_as<T, float> ? 1 : 2;

// sums (rows, NV registers) += a times b. a (r, k) is a[r a_row + k a_depth]; b is row-major. k counts pairs in bf16.
template <class V, int rows, int NV, class T>
[[gnu::always_inline]] inline void add_products(const T* a, std::int64_t a_row, std::int64_t a_depth, const T* b,
                                                std::int64_t b_row, std::int64_t depth, V (&sums)[rows][NV]) {
  for (std::int64_t k = 0; k < depth; ++k) {
    if constexpr (std::same_as<T, float>) {
      V right[NV];
#pragma GCC unroll 2
      for (int j = 0; j < NV; ++j) right[j] = V::load(b + k * b_row + j * V::width);
#pragma GCC unroll 12
      for (int r = 0; r < rows; ++r) {
        const V left = V::all(a[r * a_row + k * a_depth]);
#pragma GCC unroll 2
        for (int j = 0; j < NV; ++j) sums[r][j] = mul_add(left, right[j], sums[r][j]);
      }
    } else {
#pragma GCC unroll 12
      for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
        for (int j = 0; j < NV; ++j)
          sums[r][j] = V::pair_mul_add(a + r * a_row + k * a_depth, b + k * b_row + 2 * j * V::width, sums[r][j]);
    }
  }
}

// Loads sums (rows, NV registers) from row-major memory, and stores them. A row length of 0 loads the same row for all.
template <class V, int rows, int NV>
[[gnu::always_inline]] inline void load_sums(const float* from, std::int64_t row, V (&sums)[rows][NV]) {
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) sums[r][j] = V::load(from + r * row + j * V::width);
}
template <class V, int rows, int NV>
[[gnu::always_inline]] inline void store_sums(const V (&sums)[rows][NV], float* to, std::int64_t row) {
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) sums[r][j].store(to + r * row + j * V::width);
}

// Calls fn.template operator()<register type, registers>(first column) for panels that together have `columns` columns,
// a multiple of 8.
template <class Fn>
[[gnu::always_inline]] inline void for_each_panel(std::int64_t columns, const Fn& fn) {
  std::int64_t j = 0;
  for (; j + 2 * Wide::width <= columns; j += 2 * Wide::width) fn.template operator()<Wide, 2>(j);
  for (; j + Wide::width <= columns; j += Wide::width) fn.template operator()<Wide, 1>(j);
  for (; j < columns; j += F32x8::width) fn.template operator()<F32x8, 1>(j);
}

// c (rows, NV registers) = or += a times b.
template <class V, int rows, int NV, bool accumulate, class T>
void multiply_panel(const T* a, std::int64_t a_row, std::int64_t a_depth, const T* b, std::int64_t b_row,
                    std::int64_t depth, float* c, std::int64_t c_row) {
  V sums[rows][NV] = {};
  if constexpr (accumulate) load_sums(c, c_row, sums);
  add_products(a, a_row, a_depth, b, b_row, depth, sums);
  store_sums(sums, c, c_row);
}

// Product for all rows and columns. columns is a multiple of 8.
template <int rows, bool accumulate, class T>
void multiply(const T* a, std::int64_t a_row, std::int64_t a_depth, const T* b, float* c, std::int64_t all_rows,
              std::int64_t depth, std::int64_t columns) {
  for (std::int64_t r = 0; r < all_rows; r += rows)
    for_each_panel(columns, [&]<class V, int NV>(std::int64_t j) {
      multiply_panel<V, rows, NV, accumulate>(a + r * a_row, a_row, a_depth, b + together<T> * j, together<T> * columns,
                                              depth, c + r * columns + j, columns);
    });
}

// Tiles of a range of image rows.
class Tiles {
 public:
  Tiles(const WinogradSizes& s, RowRange rows)
      : first_(rows.begin / winograd_out),
        down_(((rows.end < 0 ? s.height : rows.end) + winograd_out - 1) / winograd_out - first_),
        across_((s.width + winograd_out - 1) / winograd_out),
        images_(s.images) {}

  std::int64_t count() const { return images_ * down_ * across_; }
  std::int64_t blocks() const { return (count() + block_tiles - 1) / block_tiles; }

  /// Returns the number of tiles in a block. The last block has fewer.
  std::int64_t in_block(std::int64_t block) const {
    const std::int64_t left = count() - block * block_tiles;
    return left < block_tiles ? left : block_tiles;
  }

  struct Place {
    std::int64_t image, y, x;  // of the first result of a tile
  };
  Place place(std::int64_t tile) const {
    const std::int64_t row = tile / across_;
    return {row / down_, (row % down_ + first_) * winograd_out, tile % across_ * winograd_out};
  }

 private:
  std::int64_t first_, down_, across_, images_;
};

// Source map of patches: x + add, or x where `where` is positive.
template <class In>
struct Patches {
  RowsOf<const In> x, add, where;
  std::int64_t height, width, channels;

  // Returns an offset from data, in elements.
  std::int64_t offset(const RowsOf<const In>& map, std::int64_t image, std::int64_t y, std::int64_t left) const {
    return ((image * height + y - map.first) * width + left) * channels;
  }

  // Copies the patch of side x side pixels at (y, left), with zeros outside the image.
  template <int side>
  void copy(std::int64_t image, std::int64_t y, std::int64_t left, float* to) const {
    const std::int64_t stride = winograd_padded(channels);
    for (std::int64_t i = y; i < y + side; ++i)
      for (std::int64_t j = left; j < left + side; ++j, to += stride) {
        const bool inside = i >= 0 && i < height && j >= 0 && j < width;
        for_each_register(channels, [&](auto zero, std::int64_t c, std::int64_t n) {
          using V = decltype(zero);
          V value = zero;
          if (inside) {
            value = load<V>(x.data + offset(x, image, i, j) + c, n);
            if (add) value = value + load<V>(add.data + offset(add, image, i, j) + c, n);
            if (where) value = where_positive(load<V>(where.data + offset(where, image, i, j) + c, n), value);
          }
          value.store(to + c);
        });
      }
  }

  template <int side>
  bool is_contiguous(std::int64_t y, std::int64_t left) const {
    return !add && !where && y >= 0 && y + side <= height && left >= 0 && left + side <= width;
  }
};

// Transforms one register of channels, row by row without intermediate memory. OfInput: B^T d B of 6 x 6 pixels;
// OfGradient: A d A^T of 4 x 4. Point p goes to to[p step].
template <class Transform, class V, class From, class To>
void transform_patch(const From* d, std::int64_t row, std::int64_t pixel, std::int64_t channels, To* to,
                     std::int64_t step) {
  constexpr int side = Transform::side;
  const auto along = [&](int i, const V(&r)[side]) {
    To* line = to + i * winograd_in * step;
    const auto [p1, p2] = Transform::template two<0>(r);
    const auto [p3, p4] = Transform::template two<1>(r);
    Transform::first(r).store(line);
    p1.store(line + step);
    p2.store(line + 2 * step);
    p3.store(line + 3 * step);
    p4.store(line + 4 * step);
    Transform::last(r).store(line + 5 * step);
  };
  const auto each_column = [&](const auto& fn) {
#pragma GCC unroll 6
    for (int j = 0; j < side; ++j) {
      V column[side];
#pragma GCC unroll 6
      for (int i = 0; i < side; ++i) column[i] = load<V>(d + i * row + j * pixel, channels);
      fn(j, column);
    }
  };
  V one[side], other[side];
  each_column([&](int j, const V(&column)[side]) { one[j] = Transform::first(column); });
  along(0, one);
  each_column([&](int j, const V(&column)[side]) {
    const auto [plus, minus] = Transform::template two<0>(column);
    one[j] = plus;
    other[j] = minus;
  });
  along(1, one);
  along(2, other);
  each_column([&](int j, const V(&column)[side]) {
    const auto [plus, minus] = Transform::template two<1>(column);
    one[j] = plus;
    other[j] = minus;
  });
  along(3, one);
  along(4, other);
  each_column([&](int j, const V(&column)[side]) { one[j] = Transform::last(column); });
  along(5, one);
}

// y = A^T m A of one tile and one register of channels, row by row: write(i, four results of row i). Point p is m[p
// step].
template <class V, class Write>
[[gnu::always_inline]] inline void transform_output(const float* m, std::int64_t step, const Write& write) {
  V half[winograd_in][winograd_out];
#pragma GCC unroll 6
  for (int j = 0; j < winograd_in; ++j) {
    V column[winograd_in];
#pragma GCC unroll 6
    for (int i = 0; i < winograd_in; ++i) column[i] = V::load(m + (i * winograd_in + j) * step);
    output_transform(column, half[j]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < winograd_out; ++i) {
    V line[winograd_in], y[winograd_out];
#pragma GCC unroll 6
    for (int j = 0; j < winograd_in; ++j) line[j] = half[j][i];
    output_transform(line, y);
    write(i, y);
  }
}

// Scratch memory of one thread. T: storage type of the transformed input.
template <class T>
struct Scratch {
  std::int64_t in_step, out_step;  // stride between points
  Buffer inputs, outputs, patches;
  T* in;         // (36, tiles, C padded)
  float* out;    // (36, tiles, O padded)
  float* patch;  // (6, 6, C padded or O padded)

  explicit Scratch(const WinogradSizes& s) : Scratch(WinogradScratch(s.channels, s.out_channels)) {}
  explicit Scratch(const WinogradScratch& sizes)
      : in_step(sizes.in_step),
        out_step(sizes.out_step),
        inputs(static_cast<std::size_t>(sizes.in) * sizeof(T), {}),
        outputs(static_cast<std::size_t>(sizes.out) * sizeof(float), {}),
        patches(static_cast<std::size_t>(sizes.patch) * sizeof(float), {}),
        in(static_cast<T*>(inputs.data())),
        out(static_cast<float*>(outputs.data())),
        patch(static_cast<float*>(patches.data())) {}
};

// Transforms the patches of a block: (36, tiles, C padded), with a stride of `step` numbers between points.
template <class Transform, class In, class To>
void transform_block(const Patches<In>& map, const Tiles& tiles, std::int64_t block, To* to, std::int64_t step,
                     float* scratch) {
  constexpr int side = Transform::side;
  const std::int64_t stride = winograd_padded(map.channels), count = tiles.in_block(block);
  for (std::int64_t t = 0; t < count; ++t) {
    const Tiles::Place place = tiles.place(block * block_tiles + t);
    const std::int64_t y = place.y - Transform::before, x = place.x - Transform::before;
    const auto transform = [&](const auto* patch, std::int64_t row, std::int64_t pixel) {
      for_each_register(map.channels, [&](auto zero, std::int64_t c, std::int64_t n) {
        transform_patch<Transform, decltype(zero)>(patch + c, row, pixel, n, to + t * stride + c, step);
      });
    };
    if (map.template is_contiguous<side>(y, x)) {
      transform(map.x.data + map.offset(map.x, place.image, y, x), map.width * map.channels, map.channels);
    } else {
      map.template copy<side>(place.image, y, x, scratch);
      transform(scratch, side * stride, stride);
    }
  }
}

template <class In>
void transform_inputs(const Patches<In>& map, const Tiles& tiles, std::int64_t block, const Scratch<In>& scratch) {
  transform_block<OfInput>(map, tiles, block, scratch.in, scratch.in_step, scratch.patch);
}

// Products of a block: scratch.out from scratch.in.
template <class In>
void multiply_block(const WinogradSizes& s, const In* weight, std::int64_t tiles, const Scratch<In>& scratch) {
  const std::int64_t in = winograd_padded(s.channels), out = winograd_padded(s.out_channels);
  const std::int64_t rows = (tiles + gemm_rows - 1) / gemm_rows * gemm_rows;
  constexpr std::int64_t pair = together<In>;
  const std::int64_t depth = (s.channels + pair - 1) / pair;
  for (int p = 0; p < winograd_points; ++p)
    multiply<gemm_rows, false>(scratch.in + p * scratch.in_step, in, pair, weight + p * depth * pair * out,
                               scratch.out + p * scratch.out_step, rows, depth, out);
}

}  // namespace premix::on_cpu::PREMIX_ISA
#endif
