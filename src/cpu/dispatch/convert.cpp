#include "premix/kernels/convert.hpp"

#include "premix/core/parallel.hpp"

namespace premix {

template <Storage From, Storage To>
void convert(Cpu, const ConvertArgs<From, To>& args) {
  parallel_for(args.count, 16384, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.to[i] = narrowed<To>(widened(args.from[i]));
  });
}

template void convert(Cpu, const ConvertArgs<float, bf16_t>&);
template void convert(Cpu, const ConvertArgs<bf16_t, float>&);
template void convert(Cpu, const ConvertArgs<float, half_t>&);
template void convert(Cpu, const ConvertArgs<half_t, float>&);

}  // namespace premix
