#include "premix/kernels/arithmetic.hpp"

#include "cpu/isa.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Minimum elements per thread: smaller work ends before a second thread wakes up.
constexpr std::int64_t grain = 16384;

template <Real T>
void subtract(const PairArgs<T>& args) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.y[i] = args.a[i] - args.b[i];
  });
}

template <Real T>
void multiply(const PairArgs<T>& args) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.y[i] = args.a[i] * args.b[i];
  });
}

template <Real T>
void divide(const PairArgs<T>& args) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.y[i] = args.a[i] / args.b[i];
  });
}

template <Real T>
void divisor_backward(const DivisorBackwardArgs<T>& args) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.d_b[i] = divisor_gradient_of(args.b[i], args.y[i], args.d_y[i]);
  });
}

template <Real T>
void scale(const ScalarArgs<T>& args) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.y[i] = args.number * args.x[i];
  });
}

template <Real T>
void add_scalar(const ScalarArgs<T>& args) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.y[i] = args.x[i] + args.number;
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(subtract, PairArgs)
PREMIX_CPU_KERNEL(multiply, PairArgs)
PREMIX_CPU_KERNEL(divide, PairArgs)
PREMIX_CPU_KERNEL(divisor_backward, DivisorBackwardArgs)
PREMIX_CPU_KERNEL(scale, ScalarArgs)
PREMIX_CPU_KERNEL(add_scalar, ScalarArgs)
