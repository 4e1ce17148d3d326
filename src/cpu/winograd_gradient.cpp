#include "cpu/winograd_block.hpp"

#if defined(__AVX2__)
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Rows of d_u kept in registers. The products sum over the tiles.
#if defined(__AVX512F__)
constexpr int gradient_rows = 8;
#else
constexpr int gradient_rows = 4;
#endif

// d_weight (O, 3, 3, C) = G^T u G, u (36, C padded, O padded).
void gradient_of_weight(const WinogradSizes& s, const float* u, float* d_weight) {
  const std::int64_t columns = winograd_padded(s.out_channels), step = winograd_padded(s.channels) * columns;
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

// Each run of blocks has its own sum. The sums of the runs are added in order; their number depends only on the sizes.
void winograd_weight_gradient(const WinogradWeightGradientArgs& args) {
  constexpr std::int64_t max_runs = 16;
  const WinogradSizes& s = args.sizes;
  const Tiles tiles(s, {});
  const std::int64_t in = winograd_padded(s.channels), out = winograd_padded(s.out_channels),
                     size = winograd_points * in * out;
  const std::int64_t runs = tiles.blocks() < max_runs ? tiles.blocks() : max_runs;
  const Patches<float> x{args.x, {}, {}, s.height, s.width, s.channels};
  const Patches<float> d_y{args.d_y, {}, args.d_y_mask, s.height, s.width, s.out_channels};
  const Buffer buffer(static_cast<std::size_t>(runs * size) * sizeof(float), {});
  float* sums = static_cast<float*>(buffer.data());  // (runs, 36, C padded, O padded)
  parallel_for(runs, 1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch<float> scratch(s);
    for (std::int64_t run = begin; run < end; ++run) {
      float* u = sums + run * size;
      for (std::int64_t i = 0; i < size; ++i) u[i] = 0;
      for (std::int64_t block = tiles.blocks() * run / runs; block < tiles.blocks() * (run + 1) / runs; ++block) {
        transform_inputs(x, tiles, block, scratch);
        transform_block<OfGradient>(d_y, tiles, block, scratch.out, scratch.out_step, scratch.patch);
        for (int p = 0; p < winograd_points; ++p)
          multiply<gradient_rows, true>(scratch.in + p * scratch.in_step, 1, in, scratch.out + p * scratch.out_step,
                                        u + p * in * out, in, tiles.in_block(block), out);
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
