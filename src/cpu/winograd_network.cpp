#include "cpu/winograd_block.hpp"
#include "kernels/ewfm_dispatch.hpp"
#include "premix/kernels/convert.hpp"

// Fused convolutions whose results are not stored: the logits of a mask, and predicted filters.

#if defined(__AVX2__)
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Convolution of one block: transforms and multiplies the inputs.
template <class In>
void products(const WinogradSizes& s, RowsOf<const In> x, const In* weight, const Tiles& tiles, std::int64_t block,
              const Scratch<In>& scratch) {
  transform_inputs(Patches<In>{x, {}, {}, s.height, s.width, s.channels}, tiles, block, scratch);
  multiply_block(s, weight, tiles.in_block(block), scratch);
}

// Writes the results of tile t of a block, without bias: (4, 4, O padded).
template <class In>
void tile_results(const WinogradSizes& s, std::int64_t t, const Scratch<In>& scratch, float* results) {
  const std::int64_t out = winograd_padded(s.out_channels);
  for_each_register(out, [&](auto zero, std::int64_t c, std::int64_t) {
    transform_output<decltype(zero)>(scratch.out + t * out + c, scratch.out_step, [&](int i, const auto& y) {
#pragma GCC unroll 4
      for (int j = 0; j < winograd_out; ++j) y[j].store(results + (i * winograd_out + j) * out + c);
    });
  });
}

// Inputs and outputs of the mixing of one pixel.
template <class In>
struct MixedPixel {
  const float* logits;  // without the residual
  In *ms, *pan;
  const In *add_ms, *add_pan;  // or null
};

template <Activation activation, MaskKind kind, class In>
void mix_pixel(const MixedPixel<In>& at, float beta, std::int64_t channels) {
#pragma GCC ivdep
  for (std::int64_t c = 0; c < channels; ++c) {
    const float ms = widened(at.ms[c]), pan = widened(at.pan[c]);
    const MsPan<float> mixed = ewfm_mix(ms, pan, ewfm_mask<activation, kind>(at.logits[c] + (ms + pan), beta).mask);
    at.ms[c] = narrowed<In>(at.add_ms == nullptr ? mixed.ms : mixed.ms + widened(at.add_ms[c]));
    at.pan[c] = narrowed<In>(at.add_pan == nullptr ? mixed.pan : mixed.pan + widened(at.add_pan[c]));
  }
}

template <Activation activation, MaskKind kind, class In>
void mix_all(const WinogradMixArgs<In>& args) {
  const WinogradSizes& s = args.sizes;
  const Tiles tiles(s, args.rows);
  const std::int64_t out = winograd_padded(s.out_channels);
  parallel_for(tiles.blocks(), 1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch<In> scratch(s);
    for (std::int64_t block = begin; block < end; ++block) {
      products(s, args.x, args.weight, tiles, block, scratch);
      for (std::int64_t t = 0; t < tiles.in_block(block); ++t) {
        const Tiles::Place place = tiles.place(block * block_tiles + t);
        tile_results(s, t, scratch, scratch.patch);
        for (std::int64_t y = place.y; y < place.y + winograd_out && y < s.height; ++y)
          for (std::int64_t x = place.x; x < place.x + winograd_out && x < s.width; ++x) {
            const auto at = [&](const auto& map) {
              return map ? map.data + ((y - map.first) * s.width + x) * s.out_channels : nullptr;
            };
            const float* logits = scratch.patch + ((y - place.y) * winograd_out + x - place.x) * out;
            mix_pixel<activation, kind, In>({logits, at(args.ms), at(args.pan), at(args.add_ms), at(args.add_pan)},
                                            args.beta, s.out_channels);
          }
      }
    }
  });
}

template <class In>
void winograd_mix(const WinogradMixArgs<In>& args) {
  kernels::with_mask(args.activation, args.kind,
                     [&]<Activation activation, MaskKind kind>() { mix_all<activation, kind>(args); });
}

// Number of bands of a filtered pixel: a compile-time constant, or run-time if `known` is 0.
template <int known>
struct Bands {
  std::int64_t count;
  std::int64_t operator()() const { return known > 0 ? known : count; }
};

// sums (B) += the filters (3, 3, B) + bias, applied to the image below them. A single band is shared by all filters.
template <bool one_band, int known>
[[gnu::always_inline]] inline void apply(const float* filters, const float* bias, const float* image,
                                         std::int64_t width, Bands<known> bands, float* sums) {
  const std::int64_t pixel = one_band ? 1 : bands();
#pragma GCC unroll 3
  for (int dy = 0; dy < 3; ++dy)
#pragma GCC unroll 3
    for (int dx = 0; dx < 3; ++dx) {
      const std::int64_t tap = (dy * 3 + dx) * bands();
      const float* from = image + (dy * width + dx) * pixel;
      for (std::int64_t b = 0; b < bands(); ++b)
        sums[b] = mul_add(filters[tap + b] + bias[tap + b], one_band ? from[0] : from[b], sums[b]);
    }
}

// Applies the filters of both images to the tiles of a block. Filters: (tiles, 4, 4, O padded) each.
template <int known, class In>
void filter_block(const WinogradFilterArgs<In>& args, const Tiles& tiles, std::int64_t block, Bands<known> bands,
                  const float* ms, const float* pan) {
  const WinogradSizes& s = args.sizes;
  const std::int64_t out = winograd_padded(s.out_channels), width = s.width + 2;
  for (std::int64_t t = 0; t < tiles.in_block(block); ++t) {
    const Tiles::Place place = tiles.place(block * block_tiles + t);
    for (std::int64_t y = place.y; y < place.y + winograd_out && y < s.height; ++y)
      for (std::int64_t x = place.x; x < place.x + winograd_out && x < s.width; ++x) {
        const std::int64_t at = ((t * winograd_out + y - place.y) * winograd_out + x - place.x) * out;
        float local[known > 0 ? known : 1];
        float* to = args.y.data + ((y + 1 - args.y.first) * width + x + 1) * bands();
        float* sums = known > 0 ? local : to;
        for (std::int64_t b = 0; b < bands(); ++b) sums[b] = 0;
        apply<false>(ms + at, args.ms.bias, args.ms.image.data + ((y - args.ms.image.first) * width + x) * bands(),
                     width, bands, sums);
        apply<true>(pan + at, args.pan.bias, args.pan.image.data + (y - args.pan.image.first) * width + x, width, bands,
                    sums);
        if constexpr (known > 0)
          for (std::int64_t b = 0; b < bands(); ++b) to[b] = sums[b];
      }
  }
}

template <class In>
void winograd_filter(const WinogradFilterArgs<In>& args) {
  const WinogradSizes& s = args.sizes;
  const Tiles tiles(s, args.rows);
  const std::int64_t tile_size = winograd_out * winograd_out * winograd_padded(s.out_channels);
  parallel_for(tiles.blocks(), 1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch<In> scratch(s);
    const Buffer buffer(static_cast<std::size_t>(WinogradScratch(s.channels, s.out_channels).filters) * sizeof(float),
                        {});
    float *ms = static_cast<float*>(buffer.data()), *pan = ms + block_tiles * tile_size;
    for (std::int64_t block = begin; block < end; ++block) {
      products(s, args.ms.features, args.ms.weight, tiles, block, scratch);
      for (std::int64_t t = 0; t < tiles.in_block(block); ++t) tile_results(s, t, scratch, ms + t * tile_size);
      products(s, args.pan.features, args.pan.weight, tiles, block, scratch);
      for (std::int64_t t = 0; t < tiles.in_block(block); ++t) tile_results(s, t, scratch, pan + t * tile_size);
      if (s.out_channels == 36)
        filter_block(args, tiles, block, Bands<4>{4}, ms, pan);
      else if (s.out_channels == 72)
        filter_block(args, tiles, block, Bands<8>{8}, ms, pan);
      else
        filter_block(args, tiles, block, Bands<0>{s.out_channels / 9}, ms, pan);
    }
  });
}

#if defined(__AVX512BF16__)
template void winograd_mix(const WinogradMixArgs<bf16_t>&);
template void winograd_filter(const WinogradFilterArgs<bf16_t>&);
#else
template void winograd_mix(const WinogradMixArgs<float>&);
template void winograd_filter(const WinogradFilterArgs<float>&);
#endif

}  // namespace premix::on_cpu::PREMIX_ISA
#endif
