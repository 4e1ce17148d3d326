#include "premix/kernels/convert.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"
#include "premix/kernels/predictive_filter.hpp"

// Numbers of half a float's width on the CPU.

namespace premix {

template <Storage From, Storage To>
void convert(Cpu, const ConvertArgs<From, To>& args) {
  parallel_for(args.count, 16384, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) args.to[i] = narrowed<To>(widened(args.from[i]));
  });
}

// Widens the filters first. It saves no memory and no time: it is there so that programs run on both devices.
template <Narrow S>
void predictive_filter_forward(Cpu device, const PredictiveFilterArgs<float, S>& args) {
  const std::int64_t count = args.images * args.height * args.width * args.bands * args.kernel * args.kernel;
  const Buffer wide(static_cast<std::size_t>(args.source_count * count) * sizeof(float), cpu());
  PredictiveFilterArgs<float> widened_args{.source_count = args.source_count,
                                           .y = args.y,
                                           .images = args.images,
                                           .height = args.height,
                                           .width = args.width,
                                           .bands = args.bands,
                                           .kernel = args.kernel};
  for (int i = 0; i < args.source_count; ++i) {
    float* filters = static_cast<float*>(wide.data()) + i * count;
    convert(device, ConvertArgs<S, float>{args.sources[i].filters, filters, count});
    widened_args.sources[i] = {filters, args.sources[i].image, args.sources[i].image_bands};
  }
  predictive_filter_forward(device, widened_args);
}

#define PREMIX_INSTANTIATE(S)                               \
  template void convert(Cpu, const ConvertArgs<float, S>&); \
  template void convert(Cpu, const ConvertArgs<S, float>&); \
  template void predictive_filter_forward(Cpu, const PredictiveFilterArgs<float, S>&);

PREMIX_INSTANTIATE(bf16_t)
PREMIX_INSTANTIATE(half_t)

}  // namespace premix
