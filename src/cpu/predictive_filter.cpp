#include "cpu/predictive_filter.hpp"

#include "cpu/isa.hpp"
#include "cpu/stream.hpp"
#include "cpu/tap_rows.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Result pixels per write.
constexpr std::int64_t piece = 64;

// A source at one row of filters.
template <Real T>
struct RowSource {
  const T* filters;      // (W, K K B)
  const T* const* rows;  // (K): padded image rows
};

// Adds to sum the result of the filters of pixel x, from band b on, applied to the image rows.
template <int K, int B, Real T>
[[gnu::always_inline]] inline void add_filtered(Sizes<K, B> sizes, const RowSource<T>& source, std::int64_t x,
                                                std::int64_t b, Lanes<T, Sizes<K, B>::lanes>& sum) {
  using Bands = Lanes<T, Sizes<K, B>::lanes>;
  const std::int64_t kernel = sizes.kernel();
  const T* tap = source.filters + x * sizes.pixel_taps() + b;
#pragma GCC unroll 8
  for (std::int64_t dy = 0; dy < kernel; ++dy) {
    Bands row{};  // one sum per tap row: a single sum would be a chain of K K dependent additions
#pragma GCC unroll 8
    for (std::int64_t dx = 0; dx < kernel; ++dx)
      row.add_product(Bands::load(tap + (dy * kernel + dx) * sizes.bands()),
                      Bands::load(source.rows[dy] + (x + dx) * sizes.pixel() + b));
    sum.v += row.v;
  }
}

// Computes sums (last - first, B) of the pixels first .. last - 1 of a row. Reads and writes up to three numbers beyond
// the last pixel.
template <int source_count, int K, int B, Real T>
void filter_pixels(Sizes<K, B> sizes, RowSource<T> a, RowSource<T> b, std::int64_t first, std::int64_t last,
                   T* __restrict sums) {
  for (std::int64_t x = first; x < last; ++x, sums += sizes.bands()) {
    if constexpr (has_tap_rows<T, K, B>) {
      __m512 parts[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
      add_filtered_rows<K, B>(a.filters + x * sizes.pixel_taps(), a.rows, x * B, parts);
      if constexpr (source_count > 1) add_filtered_rows<K, B>(b.filters + x * sizes.pixel_taps(), b.rows, x * B, parts);
      store_sum_over_taps<B>(_mm512_add_ps(parts[0], parts[1]), sums);
    } else {
      for (std::int64_t band = 0; band < sizes.bands(); band += Sizes<K, B>::used_lanes) {
        Lanes<T, Sizes<K, B>::lanes> sum{};
        add_filtered(sizes, a, x, band, sum);
        if constexpr (source_count > 1) add_filtered(sizes, b, x, band, sum);
        sum.store(sums + band);
      }
    }
  }
}

// Returns the source with the filters of its last pixel copied to last_filters, which has padding after them. The
// tensor may end right after the last filters.
template <int K, int B, Real T>
RowSource<T> at_last_pixel(Sizes<K, B> sizes, const RowSource<T>& source, std::int64_t width, T* last_filters) {
  const std::int64_t before = (width - 1) * sizes.pixel_taps();
  std::memcpy(last_filters, source.filters + before, static_cast<std::size_t>(sizes.pixel_taps()) * sizeof(T));
  return {last_filters - before, source.rows};
}

template <int source_count, int K, int B, Real T>
void filter_row(Sizes<K, B> sizes, const RowSource<T>& a, const RowSource<T>& b, std::int64_t width, T* last_filters,
                Writer<T>& y) {
  const std::int64_t whole = Sizes<K, B>::reads_beyond ? width - 1 : width;
  for (std::int64_t first = 0; first < whole; first += piece) {
    const std::int64_t last = first + piece < whole ? first + piece : whole;
    filter_pixels<source_count>(sizes, a, b, first, last, y.next());
    y.advance((last - first) * sizes.bands());
  }
  if constexpr (Sizes<K, B>::reads_beyond) {
    const RowSource<T> last_a = at_last_pixel(sizes, a, width, last_filters);
    const RowSource<T> last_b =
        source_count > 1 ? at_last_pixel(sizes, b, width, last_filters + sizes.pixel_taps() + 4) : last_a;
    filter_pixels<source_count>(sizes, last_a, last_b, whole, width, y.next());
    y.advance(sizes.bands());
  }
}

template <int source_count, int K, int B, Real T>
void forward(const PredictiveFilterArgs<T>& args, Sizes<K, B> sizes) {
  const std::int64_t row_size = args.width * sizes.bands(), filter_row_size = args.width * sizes.pixel_taps();
  const bool past_caches = streams(args.images * args.height * row_size * static_cast<std::int64_t>(sizeof(T)));
  const FilterSource<T>&a = args.sources[0], &b = args.sources[source_count - 1];
  parallel_for(args.images * args.height, 4, [&](std::int64_t begin, std::int64_t end) {
    ImageRows<K, B, T> a_rows(sizes, a.image, a.image_bands, args.height, args.width);
    ImageRows<K, B, T> b_rows(sizes, b.image, b.image_bands, args.height, args.width);
    const Scratch<T> staging(piece * sizes.bands() + line_numbers<T> + 4);
    const Scratch<T> last_filters(2 * (sizes.pixel_taps() + 4));
    Writer<T> writer(args.y + begin * row_size, staging.data(), past_caches);
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t n = row / args.height, y = row % args.height;
      const RowSource<T> from_a{a.filters + row * filter_row_size, a_rows.around(n, y)};
      const RowSource<T> from_b{b.filters + row * filter_row_size, source_count > 1 ? b_rows.around(n, y) : nullptr};
      filter_row<source_count>(sizes, from_a, from_b, args.width, last_filters.data(), writer);
    }
    writer.finish();
    stream_end();
  });
}

template <Real T>
void predictive_filter_forward(const PredictiveFilterArgs<T>& args) {
  with_sizes(args.kernel, args.bands, [&](auto sizes) {
    if (args.source_count == 1)
      forward<1>(args, sizes);
    else
      forward<2>(args, sizes);
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(predictive_filter_forward, PredictiveFilterArgs)
