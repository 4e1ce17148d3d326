#pragma once

#include "premix/kernels/predictive_filter.hpp"

#include <cstring>

#if defined(__FMA__)
#include <immintrin.h>
#endif

#include "kernels/reflected.hpp"
#include "premix/core/memory.hpp"
#include "premix/kernels/math.hpp"

// Code shared by the forward and backward pass of predictive filtering. Included only by files of src/cpu.
//
// The B numbers of a tap multiply the B numbers of an image pixel. With tap-major filters both are contiguous, so the
// bands of a pixel are the lanes of a register. The image rows under a row of filters are kept in scratch, with
// reflected margins and one number per lane for each pixel.

namespace premix::on_cpu::PREMIX_ISA {

/// n numbers in one register, or in as many as this instruction set needs.
template <Real T, int n>
struct Lanes {
  typedef T Vector __attribute__((vector_size(n * sizeof(T))));
  Vector v;

  [[gnu::always_inline]] static Lanes load(const T* from) {
    Lanes lanes;
    __builtin_memcpy(&lanes.v, from, sizeof(Vector));
    return lanes;
  }
  [[gnu::always_inline]] void store(T* to) const { __builtin_memcpy(to, &v, sizeof(Vector)); }
  [[gnu::always_inline]] void add_product(const Lanes& a, const Lanes& b) {
#if defined(__FMA__)
    // Written out: with many sums, the compiler would split up a loop over the lanes.
    if constexpr (std::is_same_v<T, float> && n == 4) {
      v = _mm_fmadd_ps(a.v, b.v, v);
      return;
    } else if constexpr (std::is_same_v<T, float> && n == 8) {
      v = _mm256_fmadd_ps(a.v, b.v, v);
      return;
    }
#endif
    for (int i = 0; i < n; ++i) v[i] = mul_add<T>(a.v[i], b.v[i], v[i]);
  }
};

/// K and B: compile-time constants if the template arguments are not 0, else run-time values.
template <int K, int B>
struct Sizes {
  /// Three bands use four lanes: the register of a tap then holds one number of the next tap, which is unused. Run-time
  /// bands are processed one by one.
  static constexpr int lanes = B == 3 ? 4 : (B > 0 ? B : 1);
  static constexpr int used_lanes = B > 0 ? B : 1;
  static constexpr bool reads_beyond = lanes > used_lanes;
  int kernel_;
  std::int64_t bands_;

  int kernel() const { return K > 0 ? K : kernel_; }
  std::int64_t bands() const { return B > 0 ? B : bands_; }
  std::int64_t margin() const { return (kernel() - 1) / 2; }
  std::int64_t pixel_taps() const { return kernel() * kernel() * bands(); }
  /// Numbers per pixel of a scratch row, and per padded scratch row.
  std::int64_t pixel() const { return B > 0 ? lanes : bands_; }
  std::int64_t padded_row(std::int64_t width) const { return (width + 2 * margin()) * pixel(); }
};

/// Calls fn with compile-time sizes for the usual networks.
template <int K, class Fn>
void with_bands(int kernel, std::int64_t bands, const Fn& fn) {
  switch (bands) {
    case 1:
      return fn(Sizes<K, 1>{kernel, bands});
    case 3:
      return fn(Sizes<K, 3>{kernel, bands});
    case 4:
      return fn(Sizes<K, 4>{kernel, bands});
    case 8:
      return fn(Sizes<K, 8>{kernel, bands});
    default:
      return fn(Sizes<K, 0>{kernel, bands});
  }
}

template <class Fn>
void with_sizes(int kernel, std::int64_t bands, const Fn& fn) {
  switch (kernel) {
    case 3:
      return with_bands<3>(kernel, bands, fn);
    case 5:
      return with_bands<5>(kernel, bands, fn);
    case 7:
      return with_bands<7>(kernel, bands, fn);
    default:
      return with_bands<0>(kernel, bands, fn);
  }
}

/// K pointers, copied locally if K is a compile-time constant. Otherwise the compiler must assume that a kernel's
/// writes change them.
template <int K, class P>
class Pointers {
 public:
  explicit Pointers(P const* from) : from_(from) {
    if constexpr (K > 0)
      for (int i = 0; i < K; ++i) own_[i] = from[i];
  }
  P operator[](std::int64_t i) const { return K > 0 ? own_[i] : from_[i]; }

 private:
  P const* from_;
  P own_[K > 0 ? K : 1];
};

/// Scratch memory for count numbers.
template <Real T>
class Scratch {
 public:
  explicit Scratch(std::int64_t count) : buffer_(static_cast<std::size_t>(count) * sizeof(T), {}) {}
  T* data() const { return static_cast<T*>(buffer_.data()); }

 private:
  Buffer buffer_;
};

/// Expands pixels (W, bands) to (W, lanes). A single band is repeated in every lane.
template <int K, int B, Real T>
void spread_row(Sizes<K, B> sizes, const T* from, std::int64_t bands, std::int64_t width, T* __restrict to) {
  const std::int64_t pixel = sizes.pixel(), used = sizes.bands();
  if (bands == pixel) {
    std::memcpy(to, from, static_cast<std::size_t>(width * pixel) * sizeof(T));
  } else if (bands == 1) {
    for (std::int64_t x = 0; x < width; ++x)
      for (std::int64_t b = 0; b < pixel; ++b) to[x * pixel + b] = from[x];
  } else {
    for (std::int64_t x = 0; x < width; ++x)
      for (std::int64_t b = 0; b < pixel; ++b) to[x * pixel + b] = b < used ? from[x * bands + b] : T(0);
  }
}

/// Image rows under a row of filters, each (W + 2P, lanes) with reflected margins. The window moves down the image, so
/// each row is built once.
template <int K, int B, Real T>
class ImageRows {
 public:
  ImageRows(Sizes<K, B> sizes, const T* image, std::int64_t image_bands, std::int64_t height, std::int64_t width)
      : sizes_(sizes),
        image_(image),
        image_bands_(image_bands),
        height_(height),
        width_(width),
        rows_(sizes.kernel() * sizes.padded_row(width)),
        shown_(static_cast<std::size_t>(sizes.kernel()) * sizeof(T*), {}) {}

  /// Returns pointers to the K rows y - P .. y + P of image n.
  const T* const* around(std::int64_t n, std::int64_t y) {
    const std::int64_t margin = sizes_.margin();
    const std::int64_t first = y > margin ? y - margin : 0, last = y + margin < height_ ? y + margin : height_ - 1;
    const bool next = n == n_ && y == y_ + 1;
    for (std::int64_t row = next ? last_ + 1 : first; row <= last; ++row) fill(n * height_ + row, slot(row));
    n_ = n;
    y_ = y;
    last_ = last;
    auto* shown = static_cast<const T**>(shown_.data());
    for (std::int64_t dy = 0; dy < sizes_.kernel(); ++dy)
      shown[dy] = slot(kernels::reflected(y + dy - margin, height_));
    return shown;
  }

 private:
  T* slot(std::int64_t row) const { return rows_.data() + row % sizes_.kernel() * sizes_.padded_row(width_); }

  void fill(std::int64_t image_row, T* to) const {
    const std::int64_t margin = sizes_.margin(), pixel = sizes_.pixel();
    T* inside = to + margin * pixel;
    spread_row(sizes_, image_ + image_row * width_ * image_bands_, image_bands_, width_, inside);
    for (std::int64_t i = 1; i <= margin; ++i)
      for (std::int64_t b = 0; b < pixel; ++b) {
        inside[-i * pixel + b] = inside[i * pixel + b];
        inside[(width_ - 1 + i) * pixel + b] = inside[(width_ - 1 - i) * pixel + b];
      }
  }

  Sizes<K, B> sizes_;
  const T* image_;  // (N, H, W, image_bands)
  std::int64_t image_bands_, height_, width_;
  Scratch<T> rows_;                           // (K, W + 2P, lanes): image row y is in slot y mod K
  Buffer shown_;                              // (K): pointers returned by around()
  std::int64_t n_ = -1, y_ = -1, last_ = -1;  // last arguments of around(), and the last row filled
};

}  // namespace premix::on_cpu::PREMIX_ISA
