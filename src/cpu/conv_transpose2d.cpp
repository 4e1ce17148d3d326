#include "cpu/conv_transpose2d.hpp"

#include "cpu/winograd_block.hpp"

#if defined(__AVX2__)
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// One tap of a panel: its first pixel of x, and its weight (C, O).
template <class T>
struct Tap {
  const T *x, *weight;
};

// Results of `gemm_rows` neighbouring pixels of x for all channels: bias plus the sum over the taps.
template <class T>
void taps_pixels(const Tap<T>* taps, int count, std::int64_t channels, std::int64_t columns, const float* bias,
                 float* results) {
  for_each_panel(columns, [&]<class V, int NV>(std::int64_t j) {
    V sums[gemm_rows][NV];
    load_sums(bias + j, 0, sums);
    for (int tap = 0; tap < count; ++tap)
      add_products(taps[tap].x, channels, together<T>, taps[tap].weight + together<T> * j, together<T> * columns,
                   channels / together<T>, sums);
    store_sums(sums, results + j, columns);
  });
}

// Copies a row of x, padded with zeros to the width that the panels read.
template <class T>
void padded_row(const ConvTransposeArgs<T>& args, std::int64_t image, std::int64_t y, std::int64_t pixels, T* to) {
  const WinogradSizes& s = args.sizes;
  const std::int64_t there = y < s.height ? s.width * s.channels : 0;
  if (there > 0)
    std::memcpy(to, args.x.data + (image * s.height + y - args.x.first) * s.width * s.channels,
                static_cast<std::size_t>(there) * sizeof(T));
  std::memset(to + there, 0, static_cast<std::size_t>(pixels * s.channels - there) * sizeof(T));
}

// Result pixels of one parity in a row, computed from rows y and y + 1 of x.
template <class T>
struct Phase {
  const T *row, *below;
  bool odd_row, odd_column;
};

// to: first pixel of the phase.
template <class T>
void compute(const ConvTransposeArgs<T>& args, const Phase<T>& phase, T* to, float* sums) {
  const auto& [row, below, odd_row, odd_column] = phase;
  const WinogradSizes& s = args.sizes;
  const auto weight = [&](int a, int b) { return args.weight + (a * 3 + b) * s.channels * s.out_channels; };
  for (std::int64_t x = 0; x < s.width; x += gemm_rows) {
    const T *here = row + x * s.channels, *right = here + s.channels, *low = below + x * s.channels,
            *corner = low + s.channels;
    Tap<T> taps[4];
    int count = 0;
    if (!odd_row && !odd_column) taps[count++] = {here, weight(1, 1)};
    if (!odd_row && odd_column) {
      taps[count++] = {here, weight(1, 2)};
      taps[count++] = {right, weight(1, 0)};
    }
    if (odd_row && !odd_column) {
      taps[count++] = {here, weight(2, 1)};
      taps[count++] = {low, weight(0, 1)};
    }
    if (odd_row && odd_column) {
      taps[count++] = {here, weight(2, 2)};
      taps[count++] = {right, weight(2, 0)};
      taps[count++] = {low, weight(0, 2)};
      taps[count++] = {corner, weight(0, 0)};
    }
    taps_pixels(taps, count, s.channels, s.out_channels, args.bias, sums);
    for (std::int64_t i = 0; i < gemm_rows && x + i < s.width; ++i)
      for_each_register(s.out_channels, [&](auto zero, std::int64_t c, std::int64_t) {
        decltype(zero)::load(sums + i * s.out_channels + c).store(to + 2 * (x + i) * s.out_channels + c);
      });
  }
}

template <class T>
void conv_transpose_forward(const ConvTransposeArgs<T>& args) {
  const WinogradSizes& s = args.sizes;
  const std::int64_t row_end = args.rows.end < 0 ? s.height : args.rows.end, rows = row_end - args.rows.begin;
  const std::int64_t pixels = conv_transpose_pixels(s.width, gemm_rows), row_size = 2 * s.width * s.out_channels;
  parallel_for(s.images * rows, 1, [&](std::int64_t begin, std::int64_t end) {
    const Buffer lines(static_cast<std::size_t>(2 * pixels * s.channels) * sizeof(T), {});
    const Buffer results(static_cast<std::size_t>(gemm_rows * s.out_channels) * sizeof(float), {});
    T *row = static_cast<T*>(lines.data()), *below = row + pixels * s.channels;
    float* sums = static_cast<float*>(results.data());
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t image = i / rows, y = i % rows + args.rows.begin;
      padded_row(args, image, y, pixels, row);
      padded_row(args, image, y + 1, pixels, below);
      for (const bool odd_row : {false, true}) {
        T* to = args.y.data + (image * 2 * s.height + 2 * y + (odd_row ? 1 : 0) - args.y.first) * row_size;
        compute<T>(args, {row, below, odd_row, false}, to, sums);
        compute<T>(args, {row, below, odd_row, true}, to + s.out_channels, sums);
      }
    }
  });
}

#if defined(__AVX512BF16__)
template void conv_transpose_forward(const ConvTransposeArgs<bf16_t>&);
#else
template void conv_transpose_forward(const ConvTransposeArgs<float>&);
#endif

}  // namespace premix::on_cpu::PREMIX_ISA
#endif
