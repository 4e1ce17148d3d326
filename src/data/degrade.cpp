#include "premix/data/degrade.hpp"

#include <algorithm>
#include <numeric>

#include "premix/core/error.hpp"
#include "premix/image/bicubic.hpp"
#include "premix/image/blur.hpp"

namespace premix {
namespace {

// The network halves its images twice. Its CLAHE pads them by reflection, by up to one cell.
constexpr std::int64_t network_multiple = 4, network_min_side = 12;

void check_sides(const ImagePair& pair, const Tensor<float>& image, const char* what, std::int64_t multiple) {
  const Shape shape = image.shape();
  if (shape.h % multiple == 0 && shape.w % multiple == 0 && std::min(shape.h, shape.w) >= network_min_side) return;
  const std::int64_t least = (network_min_side + multiple - 1) / multiple * multiple;
  if (std::min(shape.h, shape.w) < least)
    fail(ErrorKind::data, pair.name, ": ", what, " ", shape.h, " x ", shape.w, " is too small, the minimum is ", least,
         " x ", least, ". Leave the image out.");
  fail(ErrorKind::data, pair.name, ": ", what, " ", shape.h, " x ", shape.w, ": rows and columns must be multiples of ",
       multiple, ". Cut it to ", shape.h / multiple * multiple, " x ", shape.w / multiple * multiple,
       ", and the other image to the same ground.");
}

}  // namespace

template <Real T>
Tensor<T> degrade(const Tensor<T>& x, int ratio) {
  return bicubic_downscale(gaussian_blur(x), ratio);
}

template Tensor<float> degrade(const Tensor<float>&, int);
template Tensor<double> degrade(const Tensor<double>&, int);

Sample reduced_sample(const ImagePair& pair, int ratio, const ReduceOptions& options) {
  Sample sample = {.name = pair.name, .ms = {}, .pan = {}, .up_ms = {}, .truth = pair.ms};
  const int ms_ratio = options.ms_ratio(ratio);
  if (options.degradation == Degradation::published) {
    sample.ms = degrade(pair.ms, ms_ratio);
    sample.pan = degrade(pair.pan, ratio);
  } else {
    sample.ms =
        reduced_by_mtf(pair.ms, {.ratio = ms_ratio, .row_gain = options.ms_gain, .column_gain = options.ms_gain});
    sample.pan = reduced_by_mtf(pair.pan, {.ratio = ratio,
                                           .row_gain = options.pan_gain,
                                           .column_gain = options.pan_gain,
                                           .row_shift = -pair.pan_row,
                                           .column_shift = -pair.pan_column});
  }
  sample.up_ms = bicubic_resize(sample.ms, sample.pan.shape().h, sample.pan.shape().w);
  return sample;
}

Sample full_sample(const ImagePair& pair) {
  return {pair.name, pair.ms, pair.pan, bicubic_resize(pair.ms, pair.pan.shape().h, pair.pan.shape().w), {}};
}

void check_network_takes(const ImagePair& pair, int ratio, Protocol protocol) {
  if (protocol == Protocol::reduced)
    return check_sides(pair, pair.ms, "MS", std::lcm<std::int64_t>(network_multiple, ratio));
  check_sides(pair, pair.pan, "PAN", network_multiple);
}

}  // namespace premix
