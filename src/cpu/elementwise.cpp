#include "premix/kernels/elementwise.hpp"

#include "cpu/isa.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Minimum elements per thread: smaller work ends before a second thread wakes up.
constexpr std::int64_t grain = 16384;

template <Real T>
void relu_forward(const ReluArgs<T>& args) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.y[i] = relu_of(args.x[i]);
  });
}

template <Real T>
void relu_backward(const ReluBackwardArgs<T>& args) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.d_x[i] = args.y[i] > T(0) ? args.d_y[i] : T(0);
  });
}

template <Real T>
void add(const AddArgs<T>& args) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.y[i] = args.a[i] + args.b[i];
  });
}

template <Real T>
void add_bias(const AddBiasArgs<T>& args) {
  parallel_for(args.pixels, grain / args.channels + 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t pixel = begin; pixel < end; ++pixel)
      for (std::int64_t c = 0; c < args.channels; ++c) args.y[pixel * args.channels + c] += args.bias[c];
  });
}

template <Real T>
void bias_backward(const BiasBackwardArgs<T>& args) {
  // Sums fixed blocks of pixels, then the block sums. The order is the same for any number of threads, and rounding
  // chains stay short.
  constexpr std::int64_t block = 1024;
  const std::int64_t blocks = (args.pixels + block - 1) / block, channels = args.channels;
  const Buffer scratch(static_cast<std::size_t>(blocks * channels) * sizeof(T), {});
  T* partial = static_cast<T*>(scratch.data());  // (blocks, C)
  parallel_for(blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      T* sums = partial + b * channels;
      for (std::int64_t c = 0; c < channels; ++c) sums[c] = T(0);
      const std::int64_t last = (b + 1) * block < args.pixels ? (b + 1) * block : args.pixels;
      for (std::int64_t pixel = b * block; pixel < last; ++pixel) {
        const T* d_y = args.d_y + pixel * channels;
        const T* y = args.y == nullptr ? nullptr : args.y + pixel * channels;
        if (y == nullptr)
          for (std::int64_t c = 0; c < channels; ++c) sums[c] += d_y[c];
        else
          for (std::int64_t c = 0; c < channels; ++c) sums[c] += y[c] > T(0) ? d_y[c] : T(0);
      }
    }
  });
  for (std::int64_t c = 0; c < channels; ++c) {
    T sum = T(0);
    for (std::int64_t b = 0; b < blocks; ++b) sum += partial[b * channels + c];
    args.d_bias[c] = sum;
  }
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(relu_forward, ReluArgs)
PREMIX_CPU_KERNEL(relu_backward, ReluBackwardArgs)
PREMIX_CPU_KERNEL(add, AddArgs)
PREMIX_CPU_KERNEL(add_bias, AddBiasArgs)
PREMIX_CPU_KERNEL(bias_backward, BiasBackwardArgs)
