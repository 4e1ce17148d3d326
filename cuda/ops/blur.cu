#include "premix/kernels/blur.hpp"

#include "cuda/runtime/launch.cuh"
#include "kernels/reflected.hpp"

namespace premix {
namespace {

// Consecutive rows per thread.
constexpr std::int64_t strip_rows = 8;

enum class Result { blurred, difference };

// Values of one channel at a pixel and the pixels before and after it.
template <Real T>
struct Neighbours {
  T before, centre, after;
};

// Bound by memory: 8 bytes and 20 FLOPs per element in float. A thread walks down a strip of rows at one index of the
// row (W, C) and keeps three rows of three values in registers. Three adjacent threads load each element, two of them
// from the L1 cache. A strip reads two rows more than it writes. Shared memory would not reduce the memory traffic.
// Sums go along y first, which gives the same bits as the CPU.
template <Real T, Result result>
__global__ void blur_kernel(BlurArgs<T> args) {
  const std::int64_t row_size = args.width * args.channels, strips = (args.height + strip_rows - 1) / strip_rows;
  const std::int64_t i = global_thread() % row_size, strip = global_thread() / row_size;
  if (strip >= args.images * strips) return;
  const std::int64_t image = strip / strips * args.height * row_size;
  const std::int64_t before = i < args.channels ? i + args.channels : i - args.channels;
  const std::int64_t after = i + args.channels < row_size ? i + args.channels : i - args.channels;
  const auto read = [&](std::int64_t y) {
    const T* row = args.x + image + kernels::reflected(y, args.height) * row_size;
    return Neighbours<T>{row[before], row[i], row[after]};
  };

  const std::int64_t first = strip % strips * strip_rows,
                     end = first + strip_rows < args.height ? first + strip_rows : args.height;
  Neighbours<T> above = read(first - 1), here = read(first);
  for (std::int64_t y = first; y < end; ++y) {
    const Neighbours<T> below = read(y + 1);
    const T blurred = blurred_of(blurred_of(above.before, here.before, below.before, args.weights),
                                 blurred_of(above.centre, here.centre, below.centre, args.weights),
                                 blurred_of(above.after, here.after, below.after, args.weights), args.weights);
    args.y[image + y * row_size + i] = result == Result::blurred ? blurred : here.centre - blurred;
    above = here;
    here = below;
  }
}

template <Real T>
LaunchSize strips_of(const BlurArgs<T>& args) {
  return cover(args.images * ceil_div(args.height, strip_rows) * args.width * args.channels);
}

}  // namespace

template <Real T>
void gaussian_blur(Cuda device, const BlurArgs<T>& args) {
  launch(device, blur_kernel<T, Result::blurred>, strips_of(args), args);
}

template <Real T>
void high_pass(Cuda device, const BlurArgs<T>& args) {
  launch(device, blur_kernel<T, Result::difference>, strips_of(args), args);
}

#define PREMIX_INSTANTIATE(T)                            \
  template void gaussian_blur(Cuda, const BlurArgs<T>&); \
  template void high_pass(Cuda, const BlurArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
