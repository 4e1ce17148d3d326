#include "premix/kernels/unary.hpp"

#include "cpu/isa.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Minimum elements per thread: smaller work ends before a second thread wakes up.
constexpr std::int64_t grain = 16384;

template <Real T, class Formula>
void map(const UnaryArgs<T>& args, Formula formula) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.y[i] = formula(args.x[i]);
  });
}

template <Real T, class Formula>
void map_gradient(const UnaryBackwardArgs<T>& args, Formula formula) {
  parallel_for(args.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.d_x[i] = formula(args.saved[i], args.d_y[i]);
  });
}

template <Real T>
void abs_forward(const UnaryArgs<T>& args) {
  map(args, [](T x) { return abs_of(x); });
}

template <Real T>
void abs_backward(const UnaryBackwardArgs<T>& args) {
  map_gradient(args, [](T x, T d_y) { return abs_gradient_of(x, d_y); });
}

template <Real T>
void sqrt_forward(const UnaryArgs<T>& args) {
  map(args, [](T x) { return sqrt_of(x); });
}

template <Real T>
void sqrt_backward(const UnaryBackwardArgs<T>& args) {
  map_gradient(args, [](T y, T d_y) { return sqrt_gradient_of(y, d_y); });
}

template <Real T>
void sigmoid_forward(const UnaryArgs<T>& args) {
  map(args, [](T x) { return sigmoid_of(x); });
}

template <Real T>
void sigmoid_backward(const UnaryBackwardArgs<T>& args) {
  map_gradient(args, [](T y, T d_y) { return sigmoid_gradient_of(y, d_y); });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(abs_forward, UnaryArgs)
PREMIX_CPU_KERNEL(abs_backward, UnaryBackwardArgs)
PREMIX_CPU_KERNEL(sqrt_forward, UnaryArgs)
PREMIX_CPU_KERNEL(sqrt_backward, UnaryBackwardArgs)
PREMIX_CPU_KERNEL(sigmoid_forward, UnaryArgs)
PREMIX_CPU_KERNEL(sigmoid_backward, UnaryBackwardArgs)
