#include "cpu/winograd_block.hpp"

#if defined(__AVX2__)
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Valid part of a tile: it ends at the last row and column of the image.
struct Inside {
  std::int64_t rows, columns;
  Inside(const WinogradSizes& s, const Tiles::Place& place)
      : rows(s.height - place.y < winograd_out ? s.height - place.y : winograd_out),
        columns(s.width - place.x < winograd_out ? s.width - place.x : winograd_out) {}
};

// Writes relu(results + bias + add) of one tile and one register of channels to y.
template <class V, class In, class Out>
void write_tile(const WinogradArgs<In, Out>& args, const Tiles::Place& place, const float* m, std::int64_t step,
                std::int64_t c, std::int64_t channels) {
  const WinogradSizes& s = args.sizes;
  const V bias = args.bias != nullptr ? load<V>(args.bias + c, channels) : V::zero();
  const Inside inside(s, place);
  transform_output<V>(m, step, [&](int i, const V(&y)[winograd_out]) {
    if (i >= inside.rows) return;
    const auto at = [&](const auto& map) {
      return ((place.image * s.height + place.y + i - map.first) * s.width + place.x) * s.out_channels + c;
    };
    const std::int64_t to = at(args.y), first = at(args.add[0]), second = at(args.add[1]);
#pragma GCC unroll 4
    for (int j = 0; j < winograd_out; ++j) {
      if (j >= inside.columns) break;
      const std::int64_t pixel = j * s.out_channels;
      V value = y[j] + bias;
      if (args.add[0]) value = value + load<V>(args.add[0].data + first + pixel, channels);
      if (args.add[1]) value = value + load<V>(args.add[1].data + second + pixel, channels);
      if (args.relu) value = max(V::zero(), value);  // NaN stays NaN
      store(value, args.y.data + to + pixel, channels);
    }
  });
}

template <class In, class Out>
void forward_block(const WinogradArgs<In, Out>& args, const Tiles& tiles, std::int64_t block,
                   const Scratch<In>& scratch) {
  const WinogradSizes& s = args.sizes;
  const std::int64_t out = winograd_padded(s.out_channels), count = tiles.in_block(block);
  transform_inputs(Patches<In>{args.x, args.x_add, args.x_mask, s.height, s.width, s.channels}, tiles, block, scratch);
  multiply_block(s, args.weight, count, scratch);
  for (std::int64_t t = 0; t < count; ++t)
    for_each_register(s.out_channels, [&](auto zero, std::int64_t c, std::int64_t n) {
      write_tile<decltype(zero)>(args, tiles.place(block * block_tiles + t), scratch.out + t * out + c,
                                 scratch.out_step, c, n);
    });
}

template <class In, class Out>
void winograd_forward(std::initializer_list<WinogradArgs<In, Out>> all) {
  const WinogradArgs<In, Out>& first = *all.begin();
  const Tiles tiles(first.sizes, first.rows);
  const std::int64_t blocks = tiles.blocks(), count = static_cast<std::int64_t>(all.size());
  parallel_for(count * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch<In> scratch(first.sizes);
    for (std::int64_t i = begin; i < end; ++i) forward_block(all.begin()[i / blocks], tiles, i % blocks, scratch);
  });
}

#if defined(__AVX512BF16__)
template void winograd_forward(std::initializer_list<WinogradArgs<float, bf16_t>>);
template void winograd_forward(std::initializer_list<WinogradArgs<bf16_t, bf16_t>>);
#else
template void winograd_forward(std::initializer_list<WinogradArgs<float, float>>);
#endif

}  // namespace premix::on_cpu::PREMIX_ISA
#endif
