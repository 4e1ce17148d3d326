#include "premix/kernels/charbonnier_loss.hpp"

#include "cpu/block_mean.hpp"
#include "cpu/isa.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

template <Real T>
void charbonnier_loss_forward(const CharbonnierLossArgs<T>& args) {
  *args.loss = block_mean<T>(
      args.count, [&](std::int64_t i) { return charbonnier_of(args.prediction[i] - args.target[i], args.epsilon); });
}

template <Real T>
void charbonnier_loss_backward(const CharbonnierLossBackwardArgs<T>& args) {
  const T share = *args.d_loss / static_cast<T>(args.count);
  parallel_for(args.count, 4 * mean_block, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      args.d_prediction[i] = share * charbonnier_slope_of(args.prediction[i] - args.target[i], args.epsilon);
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(charbonnier_loss_forward, CharbonnierLossArgs)
PREMIX_CPU_KERNEL(charbonnier_loss_backward, CharbonnierLossBackwardArgs)
