#include "premix/kernels/l1_loss.hpp"

#include "cpu/isa.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

constexpr std::int64_t block = 4096;

template <Real T>
void l1_loss_forward(const L1LossArgs<T>& args) {
  const std::int64_t blocks = (args.count + block - 1) / block;
  const Buffer scratch(static_cast<std::size_t>(blocks) * sizeof(double), {});
  double* partial = static_cast<double*>(scratch.data());
  parallel_for(blocks, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t last = (b + 1) * block < args.count ? (b + 1) * block : args.count;
      double sum = 0;
      for (std::int64_t i = b * block; i < last; ++i) {
        const T difference = args.prediction[i] - args.target[i];
        sum += difference < T(0) ? -difference : difference;
      }
      partial[b] = sum;
    }
  });
  double sum = 0;
  for (std::int64_t b = 0; b < blocks; ++b) sum += partial[b];
  *args.loss = static_cast<T>(sum / static_cast<double>(args.count));
}

template <Real T>
void l1_loss_backward(const L1LossBackwardArgs<T>& args) {
  const T share = *args.d_loss / static_cast<T>(args.count);
  parallel_for(args.count, 4 * block, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      args.d_prediction[i] = share * sign_of(args.prediction[i] - args.target[i]);
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(l1_loss_forward, L1LossArgs)
PREMIX_CPU_KERNEL(l1_loss_backward, L1LossBackwardArgs)
