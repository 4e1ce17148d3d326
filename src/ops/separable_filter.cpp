#include "premix/ops/separable_filter.hpp"

#include <cmath>
#include <string_view>

namespace premix::detail {
namespace {

// Least sum of the normalised weights inside the image: division by less would amplify rounding.
constexpr double least_sum = 1e-6;

// One axis of the image: its name in messages, its taps, and its length in pixels.
struct Axis {
  std::string_view name;
  const std::vector<double>& taps;
  std::int64_t length;
};

template <Real T>
FilterAxis<T> filter_axis_of(const Axis& axis, std::int64_t stride, const Shape& x) {
  const auto count = static_cast<std::int64_t>(axis.taps.size());
  PREMIX_CHECK(count >= 1 && count <= max_filter_taps, "separable_filter: ", count, " taps along ", axis.name,
               " for x ", x, ". Use 1 to ", max_filter_taps, " taps.");
  PREMIX_CHECK(axis.length % stride == 0, "separable_filter: stride ", stride, " does not divide the ", axis.length,
               " ", axis.name, " of x ", x, ". Crop x to a multiple of the stride.");
  PREMIX_CHECK((count - stride) % 2 == 0, "separable_filter: ", count, " taps along ", axis.name, " with stride ",
               stride, " for x ", x,
               ": one is odd, the other even. Add or remove a tap, so that the filter is centred.");
  FilterAxis<T> filter{};
  filter.taps = count;
  filter.stride = stride;
  filter.offset = (stride - count) / 2;
  filter.in_length = axis.length;
  filter.out_length = axis.length / stride;

  double sum = 0;
  for (const double tap : axis.taps) sum += tap;
  PREMIX_CHECK(std::isfinite(sum) && sum > 0, "separable_filter: the taps along ", axis.name, " for x ", x,
               " have sum ", sum, ". Use finite taps with a positive sum.");
  for (std::int64_t k = 0; k < count; ++k) {
    const double weight = axis.taps[static_cast<std::size_t>(k)] / sum;
    filter.weights[k] = static_cast<T>(weight);
    filter.sums[k + 1] = filter.sums[k] + weight;
  }
  for (std::int64_t i = 0; i < filter.out_length; ++i) {
    const FilterRange inside = filter_taps(filter, i);
    const double share = filter.sums[inside.end] - filter.sums[inside.begin];
    PREMIX_CHECK(share > least_sum, "separable_filter: output ", i, " along ", axis.name, " has only the taps ",
                 inside.begin, " to ", inside.end - 1, " inside x ", x, ", with sum ", share,
                 " of 1. Use a larger image, or taps with smaller negative lobes.");
  }
  return filter;
}

}  // namespace

template <Real T>
SeparableFilter<T> separable_filter_of(const SeparableTaps& taps, const Shape& x) {
  PREMIX_CHECK(taps.stride >= 1, "separable_filter: stride ", taps.stride, " for x ", x, ". Use 1 or more.");
  return {filter_axis_of<T>({"rows", taps.rows, x.h}, taps.stride, x),
          filter_axis_of<T>({"columns", taps.columns, x.w}, taps.stride, x)};
}

template SeparableFilter<float> separable_filter_of(const SeparableTaps&, const Shape&);
template SeparableFilter<double> separable_filter_of(const SeparableTaps&, const Shape&);

}  // namespace premix::detail
