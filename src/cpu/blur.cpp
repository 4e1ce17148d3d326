#include "premix/kernels/blur.hpp"

#include "cpu/isa.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Minimum elements per thread: smaller work ends before a second thread wakes up.
constexpr std::int64_t grain = 16384;

// Calls write(element, x, blurred x) for every element. Blurs along y first, as sums of whole rows, then along x within
// the summed row.
template <Real T, class Write>
void for_each_blurred(const BlurArgs<T>& args, Write write) {
  const std::int64_t height = args.height, channels = args.channels, row_size = args.width * channels;
  const BlurWeights<T> weights = args.weights;
  parallel_for(args.images * height, grain / row_size + 1, [&](std::int64_t begin, std::int64_t end) {
    const Buffer scratch(static_cast<std::size_t>(row_size) * sizeof(T), {});
    T* __restrict column = static_cast<T*>(scratch.data());  // (W, C): blurred along y
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t y = row % height;
      const T* centre = args.x + row * row_size;
      const T* above = y > 0 ? centre - row_size : centre + row_size;
      const T* below = y + 1 < height ? centre + row_size : centre - row_size;
      for (std::int64_t i = 0; i < row_size; ++i) column[i] = blurred_of(above[i], centre[i], below[i], weights);

      const std::int64_t last = row_size - channels, start = row * row_size;
      for (std::int64_t i = 0; i < channels; ++i)
        write(start + i, centre[i], blurred_of(column[i + channels], column[i], column[i + channels], weights));
      for (std::int64_t i = channels; i < last; ++i)
        write(start + i, centre[i], blurred_of(column[i - channels], column[i], column[i + channels], weights));
      for (std::int64_t i = last; i < row_size; ++i)
        write(start + i, centre[i], blurred_of(column[i - channels], column[i], column[i - channels], weights));
    }
  });
}

template <Real T>
void gaussian_blur(const BlurArgs<T>& args) {
  T* __restrict y = args.y;
  for_each_blurred(args, [y](std::int64_t i, T, T blurred) { y[i] = blurred; });
}

template <Real T>
void high_pass(const BlurArgs<T>& args) {
  T* __restrict y = args.y;
  for_each_blurred(args, [y](std::int64_t i, T x, T blurred) { y[i] = x - blurred; });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(gaussian_blur, BlurArgs)
PREMIX_CPU_KERNEL(high_pass, BlurArgs)
