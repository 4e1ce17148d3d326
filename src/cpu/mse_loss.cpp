#include "premix/kernels/mse_loss.hpp"

#include "cpu/block_mean.hpp"
#include "cpu/isa.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

template <Real T>
void mse_loss_forward(const MseLossArgs<T>& args) {
  *args.loss =
      block_mean<T>(args.count, [&](std::int64_t i) { return square_of(args.prediction[i] - args.target[i]); });
}

template <Real T>
void mse_loss_backward(const MseLossBackwardArgs<T>& args) {
  const T share = T(2) * *args.d_loss / static_cast<T>(args.count);
  parallel_for(args.count, 4 * mean_block, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.d_prediction[i] = share * (args.prediction[i] - args.target[i]);
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(mse_loss_forward, MseLossArgs)
PREMIX_CPU_KERNEL(mse_loss_backward, MseLossBackwardArgs)
