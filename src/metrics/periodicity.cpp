#include "premix/metrics/periodicity.hpp"

#include <vector>

#include "metrics/flat_blocks.hpp"

namespace premix {
using namespace metrics;

template <Real T>
std::optional<Periodicity> periodicity(const Tensor<T>& image, const Tensor<T>& reference) {
  PREMIX_CHECK(!image.empty() && !reference.empty(), "periodicity: empty image");
  PREMIX_CHECK(image.shape().with_channels(1) == reference.shape().with_channels(1), "periodicity: image ",
               image.shape(), " and reference ", reference.shape(), " differ in size");
  const Tensor<T> x = image.to(cpu()), guide = reference.to(cpu());
  const auto [images, height, width, bands] = x.shape();
  const auto view = [width = width](const Tensor<T>& of, std::int64_t row, std::int64_t column) {
    const std::int64_t channels = of.shape().c;
    return BlockView<T>{of.data() + (row * width + column) * channels, width * channels, channels};
  };
  std::vector<ReferencedBlock<T>> blocks;
  for (std::int64_t n = 0; n < images; ++n)
    for (std::int64_t y = 0; y + periodicity_block <= height; y += periodicity_block)
      for (std::int64_t column = 0; column + periodicity_block <= width; column += periodicity_block) {
        const std::int64_t row = n * height + y;
        blocks.push_back({view(x, row, column), view(guide, row, column), row, column});
      }
  FlatBlocks flat;
  flat.add(blocks);
  return flat.result();
}

template <Real T>
std::optional<Periodicity> periodicity(const Tensor<T>& image) {
  return periodicity(image, image);
}

template std::optional<Periodicity> periodicity(const Tensor<float>&, const Tensor<float>&);
template std::optional<Periodicity> periodicity(const Tensor<double>&, const Tensor<double>&);
template std::optional<Periodicity> periodicity(const Tensor<float>&);
template std::optional<Periodicity> periodicity(const Tensor<double>&);

}  // namespace premix
