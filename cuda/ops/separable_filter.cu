#include "premix/kernels/separable_filter.hpp"

#include "cuda/runtime/launch.cuh"

// One thread per element of the result. Neighbouring threads read neighbouring elements: along rows one line of the
// image per tap, along columns pixels `stride` apart, whose taps overlap. So each element comes from beyond the
// first-level cache about once, and the kernels are bound by loads from that cache: per element of the result K loads
// and 2 K FLOPs forward, and K / stride of each backward. The taps are read from the kernel's arguments, one for a warp
// along rows. The sums are the CPU's: the same bits.

namespace premix {
namespace {

// 4 (stride + 1) bytes per element of the result in float.
template <Real T>
__global__ void filter_axis_forward_kernel(const __grid_constant__ FilterAxisArgs<T> args) {
  const FilterAxis<T>& axis = args.axis;
  const std::int64_t element = global_thread();
  if (element >= args.outer * axis.out_length * args.inner) return;
  const std::int64_t c = element % args.inner, line = element / args.inner;
  const std::int64_t outer = line / axis.out_length, i = line % axis.out_length;
  const FilterRange taps = filter_taps(axis, i);
  const T share = filter_share(axis, taps);
  const T* from = args.x + (outer * axis.in_length + i * axis.stride + axis.offset) * args.inner + c;
  T sum = T(0);
  for (std::int64_t k = taps.begin; k < taps.end; ++k) sum += axis.weights[k] * share * from[k * args.inner];
  args.y[element] = sum;
}

// 4 (1 / stride + 1) bytes per element of the result in float.
template <Real T>
__global__ void filter_axis_backward_kernel(const __grid_constant__ FilterAxisBackwardArgs<T> args) {
  const FilterAxis<T>& axis = args.axis;
  const std::int64_t element = global_thread();
  if (element >= args.outer * axis.in_length * args.inner) return;
  const std::int64_t c = element % args.inner, line = element / args.inner;
  const std::int64_t outer = line / axis.in_length, j = line % axis.in_length;
  const FilterRange outputs = filter_outputs(axis, j);
  const T* from = args.d_y + outer * axis.out_length * args.inner + c;
  T sum = T(0);
  for (std::int64_t i = outputs.begin; i < outputs.end; ++i)
    sum += axis.weights[j - axis.offset - i * axis.stride] * filter_share(axis, filter_taps(axis, i)) *
           from[i * args.inner];
  args.d_x[element] = sum;
}

}  // namespace

template <Real T>
void filter_axis_forward(Cuda device, const FilterAxisArgs<T>& args) {
  launch(device, filter_axis_forward_kernel<T>, cover(args.outer * args.axis.out_length * args.inner), args);
}

template <Real T>
void filter_axis_backward(Cuda device, const FilterAxisBackwardArgs<T>& args) {
  launch(device, filter_axis_backward_kernel<T>, cover(args.outer * args.axis.in_length * args.inner), args);
}

#define PREMIX_INSTANTIATE(T)                                        \
  template void filter_axis_forward(Cuda, const FilterAxisArgs<T>&); \
  template void filter_axis_backward(Cuda, const FilterAxisBackwardArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
