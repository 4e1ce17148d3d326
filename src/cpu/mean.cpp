#include "premix/kernels/mean.hpp"

#include "cpu/block_mean.hpp"
#include "cpu/isa.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

template <Real T>
void mean_forward(const MeanArgs<T>& args) {
  *args.mean = block_mean<T>(args.count, [&](std::int64_t i) { return args.x[i]; });
}

template <Real T>
void mean_backward(const MeanBackwardArgs<T>& args) {
  const T share = *args.d_mean / static_cast<T>(args.count);
  parallel_for(args.count, 4 * mean_block, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.d_x[i] = share;
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(mean_forward, MeanArgs)
PREMIX_CPU_KERNEL(mean_backward, MeanBackwardArgs)
