#include "premix/kernels/unary.hpp"

#include "cuda/runtime/pack.cuh"

// Bound by memory: each element read and written once, in packs of 16 bytes.

namespace premix {
namespace {

struct Abs {
  template <Real T>
  __device__ T operator()(T x) const {
    return abs_of(x);
  }
  template <Real T>
  __device__ T operator()(T x, T d_y) const {
    return abs_gradient_of(x, d_y);
  }
};

struct Sqrt {
  template <Real T>
  __device__ T operator()(T x) const {
    return sqrt_of(x);
  }
  template <Real T>
  __device__ T operator()(T y, T d_y) const {
    return sqrt_gradient_of(y, d_y);
  }
};

struct Sigmoid {
  template <Real T>
  __device__ T operator()(T x) const {
    return sigmoid_of(x);
  }
  template <Real T>
  __device__ T operator()(T y, T d_y) const {
    return sigmoid_gradient_of(y, d_y);
  }
};

// 8 bytes per element in float; for sigmoid about 40 FLOPs.
template <class Formula, Real T>
__global__ void unary_kernel(UnaryArgs<T> args) {
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    auto pack = load<size.value>(args.x + i);
    for (T& v : pack.v) v = Formula{}(v);
    store(args.y + i, pack);
  });
}

// 12 bytes per element in float.
template <class Formula, Real T>
__global__ void unary_backward_kernel(UnaryBackwardArgs<T> args) {
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    const auto saved = load<size.value>(args.saved + i);
    auto pack = load<size.value>(args.d_y + i);
#pragma unroll
    for (int j = 0; j < size.value; ++j) pack.v[j] = Formula{}(saved.v[j], pack.v[j]);
    store(args.d_x + i, pack);
  });
}

}  // namespace

template <Real T>
void abs_forward(Cuda device, const UnaryArgs<T>& args) {
  launch(device, unary_kernel<Abs, T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void abs_backward(Cuda device, const UnaryBackwardArgs<T>& args) {
  launch(device, unary_backward_kernel<Abs, T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void sqrt_forward(Cuda device, const UnaryArgs<T>& args) {
  launch(device, unary_kernel<Sqrt, T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void sqrt_backward(Cuda device, const UnaryBackwardArgs<T>& args) {
  launch(device, unary_backward_kernel<Sqrt, T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void sigmoid_forward(Cuda device, const UnaryArgs<T>& args) {
  launch(device, unary_kernel<Sigmoid, T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void sigmoid_backward(Cuda device, const UnaryBackwardArgs<T>& args) {
  launch(device, unary_backward_kernel<Sigmoid, T>, cover(args.count, pack_size<T>), args);
}

#define PREMIX_INSTANTIATE(T)                                     \
  template void abs_forward(Cuda, const UnaryArgs<T>&);           \
  template void abs_backward(Cuda, const UnaryBackwardArgs<T>&);  \
  template void sqrt_forward(Cuda, const UnaryArgs<T>&);          \
  template void sqrt_backward(Cuda, const UnaryBackwardArgs<T>&); \
  template void sigmoid_forward(Cuda, const UnaryArgs<T>&);       \
  template void sigmoid_backward(Cuda, const UnaryBackwardArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
