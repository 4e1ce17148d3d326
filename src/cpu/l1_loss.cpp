#include "premix/kernels/l1_loss.hpp"

#include "cpu/block_mean.hpp"
#include "cpu/isa.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

template <Real T>
void l1_loss_forward(const L1LossArgs<T>& args) {
  *args.loss = block_mean<T>(args.count, [&](std::int64_t i) {
    const T difference = args.prediction[i] - args.target[i];
    return difference < T(0) ? -difference : difference;
  });
}

template <Real T>
void l1_loss_backward(const L1LossBackwardArgs<T>& args) {
  const T share = *args.d_loss / static_cast<T>(args.count);
  parallel_for(args.count, 4 * mean_block, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      args.d_prediction[i] = share * sign_of(args.prediction[i] - args.target[i]);
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(l1_loss_forward, L1LossArgs)
PREMIX_CPU_KERNEL(l1_loss_backward, L1LossBackwardArgs)
