#include "premix/kernels/adam.hpp"

#include "cpu/isa.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

template <Real T>
void adam_update(const AdamArgs<T>& args) {
  parallel_for(args.slot_count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t s = begin; s < end; ++s) {
      const AdamSlot<T> slot = args.slots[s];
      const AdamRate<T> rate = *slot.rate;
      for (std::int64_t i = 0; i < slot.count; ++i) adam_element(args.factors, rate, slot, i);
    }
  });
}

template <Real T>
void adam_clip(const AdamClipArgs<T>& args) {
  parallel_for(args.slot_count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t s = begin; s < end; ++s) {
      const AdamSlot<T>& slot = args.slots[s];
      double sum = 0;
      for (std::int64_t i = 0; i < slot.count; ++i) {
        const auto value = static_cast<double>(slot.d_parameter[i]);
        sum += value * value;
      }
      args.sums[s] = sum;
    }
  });
  double sum = 0;
  for (std::int64_t s = 0; s < args.slot_count; ++s) sum += args.sums[s];
  *args.scale = clip_scale(sum, args.max_norm);
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(adam_update, AdamArgs)
PREMIX_CPU_KERNEL(adam_clip, AdamClipArgs)
