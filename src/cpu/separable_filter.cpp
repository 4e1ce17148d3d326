#include "premix/kernels/separable_filter.hpp"

#include "cpu/isa.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Minimum multiply-adds per thread: smaller work ends before a second thread wakes up.
constexpr std::int64_t grain = 16384;

// Sums kept in registers at a time.
constexpr std::int64_t lanes = 16;

// Weights of consecutive lines (inner) of the source of one line of the result.
template <Real T>
struct LineWeights {
  T values[max_filter_taps];
  std::int64_t first, count;  // lines of the source
};

// Writes the weighted sum of lines. Each element adds its terms in the order of the lines.
template <Real T>
void sum_lines(const LineWeights<T>& weights, const T* from, T* to, std::int64_t inner) {
  from += weights.first * inner;
  std::int64_t c = 0;
  for (; c + lanes <= inner; c += lanes) {
    T sums[lanes] = {};
    for (std::int64_t k = 0; k < weights.count; ++k)
      for (std::int64_t j = 0; j < lanes; ++j) sums[j] += weights.values[k] * from[k * inner + c + j];
    for (std::int64_t j = 0; j < lanes; ++j) to[c + j] = sums[j];
  }
  for (; c < inner; ++c) {
    T sum = T(0);
    for (std::int64_t k = 0; k < weights.count; ++k) sum += weights.values[k] * from[k * inner + c];
    to[c] = sum;
  }
}

template <Real T>
void filter_axis_forward(const FilterAxisArgs<T>& args) {
  const FilterAxis<T>& axis = args.axis;
  const std::int64_t lines = args.outer * axis.out_length;
  parallel_for(lines, grain / (args.inner * axis.taps) + 1, [&](std::int64_t begin, std::int64_t end) {
    LineWeights<T> weights;
    for (std::int64_t line = begin; line < end; ++line) {
      const std::int64_t outer = line / axis.out_length, i = line % axis.out_length;
      const FilterRange taps = filter_taps(axis, i);
      const T share = filter_share(axis, taps);
      weights.first = i * axis.stride + axis.offset + taps.begin;
      weights.count = taps.end - taps.begin;
      for (std::int64_t k = 0; k < weights.count; ++k) weights.values[k] = axis.weights[taps.begin + k] * share;
      sum_lines(weights, args.x + outer * axis.in_length * args.inner, args.y + line * args.inner, args.inner);
    }
  });
}

template <Real T>
void filter_axis_backward(const FilterAxisBackwardArgs<T>& args) {
  const FilterAxis<T>& axis = args.axis;
  const std::int64_t lines = args.outer * axis.in_length;
  parallel_for(lines, grain * axis.stride / (args.inner * axis.taps) + 1, [&](std::int64_t begin, std::int64_t end) {
    LineWeights<T> weights;
    for (std::int64_t line = begin; line < end; ++line) {
      const std::int64_t outer = line / axis.in_length, j = line % axis.in_length;
      const FilterRange outputs = filter_outputs(axis, j);
      weights.first = outputs.begin;
      weights.count = outputs.end - outputs.begin;
      for (std::int64_t i = outputs.begin; i < outputs.end; ++i)
        weights.values[i - outputs.begin] =
            axis.weights[j - axis.offset - i * axis.stride] * filter_share(axis, filter_taps(axis, i));
      sum_lines(weights, args.d_y + outer * axis.out_length * args.inner, args.d_x + line * args.inner, args.inner);
    }
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(filter_axis_forward, FilterAxisArgs)
PREMIX_CPU_KERNEL(filter_axis_backward, FilterAxisBackwardArgs)
