#include "premix/kernels/arithmetic.hpp"

#include "cuda/runtime/pack.cuh"

// Bound by memory: one operation per element, two for the divisor's gradient; each element read and written once, in
// packs of 16 bytes. The arithmetic is the CPU's: the same bits.

namespace premix {
namespace {

struct Subtract {
  template <Real T>
  __device__ T operator()(T a, T b) const {
    return a - b;
  }
};

struct Multiply {
  template <Real T>
  __device__ T operator()(T a, T b) const {
    return a * b;
  }
};

struct Divide {
  template <Real T>
  __device__ T operator()(T a, T b) const {
    return a / b;
  }
};

struct Add {
  template <Real T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};

// 12 bytes per element in float.
template <class Operation, Real T>
__global__ void pair_kernel(PairArgs<T> args) {
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    const auto b = load<size.value>(args.b + i);
    auto pack = load<size.value>(args.a + i);
#pragma unroll
    for (int j = 0; j < size.value; ++j) pack.v[j] = Operation{}(pack.v[j], b.v[j]);
    store(args.y + i, pack);
  });
}

// 16 bytes per element in float.
template <Real T>
__global__ void divisor_backward_kernel(DivisorBackwardArgs<T> args) {
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    const auto b = load<size.value>(args.b + i), y = load<size.value>(args.y + i);
    auto pack = load<size.value>(args.d_y + i);
#pragma unroll
    for (int j = 0; j < size.value; ++j) pack.v[j] = divisor_gradient_of(b.v[j], y.v[j], pack.v[j]);
    store(args.d_b + i, pack);
  });
}

// 8 bytes per element in float.
template <class Operation, Real T>
__global__ void scalar_kernel(ScalarArgs<T> args) {
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    auto pack = load<size.value>(args.x + i);
    for (T& v : pack.v) v = Operation{}(v, args.number);
    store(args.y + i, pack);
  });
}

}  // namespace

template <Real T>
void subtract(Cuda device, const PairArgs<T>& args) {
  launch(device, pair_kernel<Subtract, T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void multiply(Cuda device, const PairArgs<T>& args) {
  launch(device, pair_kernel<Multiply, T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void divide(Cuda device, const PairArgs<T>& args) {
  launch(device, pair_kernel<Divide, T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void divisor_backward(Cuda device, const DivisorBackwardArgs<T>& args) {
  launch(device, divisor_backward_kernel<T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void scale(Cuda device, const ScalarArgs<T>& args) {
  launch(device, scalar_kernel<Multiply, T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void add_scalar(Cuda device, const ScalarArgs<T>& args) {
  launch(device, scalar_kernel<Add, T>, cover(args.count, pack_size<T>), args);
}

#define PREMIX_INSTANTIATE(T)                                          \
  template void subtract(Cuda, const PairArgs<T>&);                    \
  template void multiply(Cuda, const PairArgs<T>&);                    \
  template void divide(Cuda, const PairArgs<T>&);                      \
  template void divisor_backward(Cuda, const DivisorBackwardArgs<T>&); \
  template void scale(Cuda, const ScalarArgs<T>&);                     \
  template void add_scalar(Cuda, const ScalarArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
