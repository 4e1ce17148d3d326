#include "cpu/predictive_filter.hpp"

#include "cpu/isa.hpp"
#include "cpu/stream.hpp"
#include "cpu/tap_rows.hpp"
#include "premix/core/parallel.hpp"

// Each thread owns a strip of rows of both gradients. It walks down the filter rows of its strip and of the halo: P
// rows above and P rows below. No writes are scattered across threads, and the summation order of an image sample does
// not depend on the strips.

namespace premix::on_cpu::PREMIX_ISA {

// Measured time by rows, relative to taps: 5 taps per row 0.65 to 0.75, 7 taps 0.6, 3 taps 1.05.
template <Real T, int K, int B>
inline constexpr bool by_rows = K > 3 && has_tap_rows<T, K, B>;

// to (last - first, K K B) = d_filters of the pixels first .. last - 1 of a row. Writes up to three extra numbers.
template <int K, int B, Real T>
void filter_gradients(Sizes<K, B> sizes, const T* d_y, const T* const* image_rows, std::int64_t first,
                      std::int64_t last, T* to) {
  using Bands = Lanes<T, Sizes<K, B>::lanes>;
  const std::int64_t kernel = sizes.kernel(), bands = sizes.bands(), pixel = sizes.pixel();
  const Pointers<K, const T*> rows(image_rows);
  if constexpr (by_rows<T, K, B>) return filter_gradient_rows<K, B>(d_y, rows, first, last, to);
  for (std::int64_t x = first; x < last; ++x, to += sizes.pixel_taps())
    for (std::int64_t b = 0; b < bands; b += Sizes<K, B>::used_lanes) {
      const Bands d = Bands::load(d_y + x * pixel + b);
#pragma GCC unroll 8
      for (std::int64_t dy = 0; dy < kernel; ++dy)
#pragma GCC unroll 8
        for (std::int64_t dx = 0; dx < kernel; ++dx)
          Bands{d.v * Bands::load(rows[dy] + (x + dx) * pixel + b).v}.store(to + (dy * kernel + dx) * bands + b);
    }
}

// Adds the contribution of one row of taps of the pixels first .. last - 1 to a padded line (W + 2P, lanes). Pixel x by
// tap dx goes to column x + dx. The sum of a column moves from tap to tap in registers and is written after its last
// pixel. If registers read beyond the bands of a tap, they reach up to three numbers beyond the last pixel.
template <int K, int B, Real T>
void add_to_line(Sizes<K, B> sizes, const T* taps, const T* d_y, std::int64_t first, std::int64_t last, std::int64_t b,
                 T* line) {
  using Bands = Lanes<T, Sizes<K, B>::lanes>;
  const std::int64_t bands = sizes.bands(), pixel = sizes.pixel();
  Bands sums[K];
  for (int i = 0; i + 1 < K; ++i) sums[i] = Bands::load(line + (first + i) * pixel + b);
  for (std::int64_t x = first; x < last; ++x) {
    const Bands d = Bands::load(d_y + x * pixel + b);
    const T* tap = taps + x * sizes.pixel_taps() + b;
    sums[K - 1] = Bands::load(line + (x + K - 1) * pixel + b);
#pragma GCC unroll 8
    for (int dx = 0; dx < K; ++dx) sums[dx].add_product(Bands::load(tap + dx * bands), d);
    sums[0].store(line + x * pixel + b);
#pragma GCC unroll 8
    for (int i = 0; i + 1 < K; ++i) sums[i] = sums[i + 1];
  }
  for (int i = 0; i + 1 < K; ++i) sums[i].store(line + (last + i) * pixel + b);
}

// Version for a run-time K.
template <int B, Real T>
void add_to_line(Sizes<0, B> sizes, const T* taps, const T* d_y, std::int64_t first, std::int64_t last, std::int64_t b,
                 T* line) {
  using Bands = Lanes<T, Sizes<0, B>::lanes>;
  const std::int64_t pixel = sizes.pixel();
  for (std::int64_t x = first; x < last; ++x)
    for (std::int64_t dx = 0; dx < sizes.kernel(); ++dx) {
      Bands sum = Bands::load(line + (x + dx) * pixel + b);
      sum.add_product(Bands::load(taps + x * sizes.pixel_taps() + dx * sizes.bands() + b),
                      Bands::load(d_y + x * pixel + b));
      sum.store(line + (x + dx) * pixel + b);
    }
}

// Adds the contribution of the pixels first .. last - 1 of one row of filters to all K lines.
template <int K, int B, Real T>
void image_gradients(Sizes<K, B> sizes, const T* filters, const T* d_y, std::int64_t first, std::int64_t last,
                     T* const* lines) {
  if constexpr (by_rows<T, K, B>) return image_gradient_rows<K, B>(filters, d_y, first, last, Pointers<K, T*>(lines));
  for (std::int64_t dy = 0; dy < sizes.kernel(); ++dy)
    for (std::int64_t b = 0; b < sizes.bands(); b += Sizes<K, B>::used_lanes)
      add_to_line(sizes, filters + dy * sizes.kernel() * sizes.bands(), d_y, first, last, b, lines[dy]);
}

// Accumulates gradients of the image rows begin .. end - 1 over the filter rows. Each filter row adds to K lines and
// completes one.
template <int K, int B, Real T>
class ImageGradients {
 public:
  ImageGradients(Sizes<K, B> sizes, T* d_image, std::int64_t image_bands, std::int64_t height, std::int64_t width)
      : sizes_(sizes),
        d_image_(d_image),
        image_bands_(image_bands),
        height_(height),
        width_(width),
        line_size_(sizes.padded_row(width)),
        lines_((sizes.kernel() + 1) * line_size_),
        shown_(static_cast<std::size_t>(sizes.kernel()) * sizeof(T*), {}) {
    for (std::int64_t i = 0; i < (sizes.kernel() + 1) * line_size_; ++i) lines_.data()[i] = T(0);
  }

  /// Starts a strip: rows begin .. end - 1 of one image. All lines are zero.
  void start(std::int64_t begin, std::int64_t end) {
    begin_ = begin;
    end_ = end;
  }

  /// Returns the target lines of the taps dy = 0 .. K - 1 of filter row y.
  T* const* lines(std::int64_t y) {
    T** shown = static_cast<T**>(shown_.data());
    for (std::int64_t dy = 0; dy < sizes_.kernel(); ++dy) {
      const std::int64_t row = kernels::reflected(y + dy - sizes_.margin(), height_);
      shown[dy] = lines_.data() + (row >= begin_ && row < end_ ? row % sizes_.kernel() : sizes_.kernel()) * line_size_;
    }
    return shown;
  }

  /// Writes the rows of image n completed by filter row y.
  void finish(std::int64_t n, std::int64_t y) {
    const std::int64_t last = y + 1 < height_ ? y - sizes_.margin() : y;
    for (std::int64_t row = y - sizes_.margin(); row <= last; ++row)
      if (row >= begin_ && row < end_) write(n * height_ + row, lines_.data() + row % sizes_.kernel() * line_size_);
  }

 private:
  // Adds the margins of a line to the samples they reflect, writes the W inner samples, and clears the line.
  void write(std::int64_t image_row, T* line) {
    const std::int64_t pixel = sizes_.pixel(), margin = sizes_.margin(), bands = sizes_.bands();
    T* inside = line + margin * pixel;
    T* right = inside + (width_ - 1) * pixel;
    for (std::int64_t i = pixel; i <= margin * pixel; i += pixel)
      for (std::int64_t b = 0; b < pixel; ++b) {
        inside[i + b] += inside[b - i];
        right[b - i] += right[b + i];
      }
    T* result = inside;
    if (pixel != image_bands_) {
      result = line;  // in place: the sum of a sample is at or before its first lane
      for (std::int64_t x = 0; x < width_; ++x) {
        const T* from = inside + x * pixel;
        T sum = T(0);
        for (std::int64_t b = 0; b < bands; ++b) {
          sum += from[b];
          if (image_bands_ != 1) line[x * bands + b] = from[b];
        }
        if (image_bands_ == 1) line[x] = sum;
      }
    }
    std::memcpy(d_image_ + image_row * width_ * image_bands_, result,
                static_cast<std::size_t>(width_ * image_bands_) * sizeof(T));
    for (std::int64_t i = 0; i < line_size_; ++i) line[i] = T(0);
  }

  Sizes<K, B> sizes_;
  T* d_image_;  // (N, H, W, image_bands)
  std::int64_t image_bands_, height_, width_;
  std::int64_t line_size_;
  Scratch<T>
      lines_;     // (K + 1, W + 2P, lanes): image row y is in line y mod K; rows outside the strip go to the last line
  Buffer shown_;  // (K): pointers returned by lines()
  std::int64_t begin_ = 0, end_ = 0;
};

// Computes both gradients of one source, row by row.
template <int K, int B, Real T>
class Gradients {
 public:
  Gradients(const PredictiveFilterBackwardArgs<T>& args, const FilterGradients<T>& of, Sizes<K, B> sizes)
      : sizes_(sizes),
        of_(of),
        height_(args.height),
        width_(args.width),
        piece_(1 + 512 / sizes.pixel_taps()),
        past_caches_(streams(args.images * args.height * args.width * sizes.pixel_taps() *
                             static_cast<std::int64_t>(sizeof(T)))),
        rows_(sizes, of.source.image, of.source.image_bands, args.height, args.width),
        d_image_(sizes, of.d_image, of.source.image_bands, args.height, args.width),
        staging_(piece_ * sizes.pixel_taps() + line_numbers<T> + 4),
        last_filters_(sizes.pixel_taps() + 4) {}

  void start(std::int64_t begin, std::int64_t end) {
    begin_ = begin;
    end_ = end;
    d_image_.start(begin, end);
  }

  /// Adds the contribution of filter row y of image n. d_y: that row of it, (W, lanes).
  void row(std::int64_t n, std::int64_t y, const T* d_y) {
    const std::int64_t filter_row = (n * height_ + y) * width_ * sizes_.pixel_taps();
    const bool own = of_.d_filters != nullptr && y >= begin_ && y < end_, image = of_.d_image != nullptr;
    const T* const* rows = own ? rows_.around(n, y) : nullptr;
    T* const* lines = image ? d_image_.lines(y) : nullptr;
    // Alternates short pieces of both gradients, so that filter reads and gradient writes overlap. A piece leaves the
    // store queue before it is read again for the streaming stores.
    const bool staged = past_caches_ || Sizes<K, B>::reads_beyond;
    Writer<T> writer(own ? of_.d_filters + filter_row : nullptr, staged ? staging_.data() : nullptr, past_caches_);
    for (std::int64_t first = 0; first < width_; first += piece_) {
      const std::int64_t last = first + piece_ < width_ ? first + piece_ : width_;
      if (own) filter_gradients(sizes_, d_y, rows, first, last, writer.next());
      if (image) add_pixels(of_.source.filters + filter_row, d_y, first, last, lines);
      if (own) writer.advance((last - first) * sizes_.pixel_taps());
    }
    writer.finish();
    if (image) d_image_.finish(n, y);
  }

 private:
  void add_pixels(const T* filters, const T* d_y, std::int64_t first, std::int64_t last, T* const* lines) {
    if (!Sizes<K, B>::reads_beyond || last < width_) return image_gradients(sizes_, filters, d_y, first, last, lines);
    // The tensor may end after the filters of the last pixel: read them from a padded copy.
    const std::int64_t before = (width_ - 1) * sizes_.pixel_taps();
    std::memcpy(last_filters_.data(), filters + before, static_cast<std::size_t>(sizes_.pixel_taps()) * sizeof(T));
    image_gradients(sizes_, filters, d_y, first, width_ - 1, lines);
    image_gradients(sizes_, last_filters_.data() - before, d_y, width_ - 1, width_, lines);
  }

  Sizes<K, B> sizes_;
  FilterGradients<T> of_;
  std::int64_t height_, width_, piece_;  // piece: in pixels
  bool past_caches_;
  ImageRows<K, B, T> rows_;
  ImageGradients<K, B, T> d_image_;
  Scratch<T> staging_;       // (piece, K K B)
  Scratch<T> last_filters_;  // (K K B) of the last pixel of a row
  std::int64_t begin_ = 0, end_ = 0;
};

template <int K, int B, Real T>
void backward(const PredictiveFilterBackwardArgs<T>& args, Sizes<K, B> sizes) {
  const std::int64_t rows = args.images * args.height, margin = sizes.margin(), bands = sizes.bands();
  // Strips have at least 64 rows, since each strip also reads its halo rows. Smaller if there would be too few strips.
  const std::int64_t share = rows / (2 * threads()) + 1;
  parallel_for(rows, share < 64 ? share : 64, [&](std::int64_t begin, std::int64_t end) {
    Gradients<K, B, T> first(args, args.sources[0], sizes), second(args, args.sources[args.source_count - 1], sizes);
    const Scratch<T> d_y(args.width * sizes.pixel());
    while (begin < end) {
      const std::int64_t n = begin / args.height, y_begin = begin % args.height;
      const std::int64_t y_end = y_begin + end - begin < args.height ? y_begin + end - begin : args.height;
      first.start(y_begin, y_end);
      second.start(y_begin, y_end);
      const std::int64_t above = y_begin > margin ? y_begin - margin : 0,
                         below = y_end + margin < args.height ? y_end + margin : args.height;
      for (std::int64_t y = above; y < below; ++y) {
        spread_row(sizes, args.d_y + (n * args.height + y) * args.width * bands, bands, args.width, d_y.data());
        first.row(n, y, d_y.data());
        if (args.source_count > 1) second.row(n, y, d_y.data());
      }
      begin += y_end - y_begin;
    }
    stream_end();
  });
}

template <Real T>
void predictive_filter_backward(const PredictiveFilterBackwardArgs<T>& args) {
  with_sizes(args.kernel, args.bands, [&](auto sizes) { backward(args, sizes); });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(predictive_filter_backward, PredictiveFilterBackwardArgs)
