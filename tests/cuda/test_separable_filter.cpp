#include "cuda/on_device.hpp"
#include "premix/ops/separable_filter.hpp"

namespace premix {
namespace {

using testing::gpu;

std::vector<double> taps_of(int count, double slope) {
  std::vector<double> taps;
  for (int k = 0; k < count; ++k) taps.push_back(1 + slope * k);
  return taps;
}

struct Case {
  Shape x;
  SeparableTaps taps;
};

}  // namespace

TEMPLATE_TEST_CASE("separable_filter and its gradient are the same on a GPU, to the bit", "[cuda][separable_filter]",
                   float, double) {
  PREMIX_REQUIRE_GPU();
  // Odd and even taps, fewer than the stride, images smaller than the filter, more than one block of threads, and as
  // many taps as allowed inside a larger image.
  const Case c = GENERATE(Case{{1, 1, 1, 1}, {{1}, {1}, 1}}, Case{{2, 7, 9, 5}, {taps_of(3, 0.3), taps_of(5, -0.1), 1}},
                          Case{{1, 32, 36, 4}, {taps_of(22, 0.2), taps_of(6, 0.1), 4}},
                          Case{{2, 12, 8, 3}, {taps_of(2, 0.2), taps_of(18, 0.1), 4}},
                          Case{{1, 6, 8, 16}, {taps_of(128, 0.01), taps_of(4, 0.1), 2}},
                          Case{{1, 264, 4, 1}, {taps_of(128, 0.01), taps_of(4, 0.1), 4}});
  CAPTURE(c.x, c.taps.stride);
  const auto run = [&](Device device) {
    const auto x = testing::moved(testing::leaf<TestType>(c.x, 1), device);
    const auto y = separable_filter(x, c.taps);
    y.backward(testing::uniform_image<TestType>(y.shape(), -1, 1, 2).to(device));
    return std::vector{y.value().to(cpu()), x.grad().to(cpu())};
  };
  const auto there = run(gpu()), here = run(cpu());
  CHECK(testing::same_bits(there[0], here[0]));
  CHECK(testing::same_bits(there[1], here[1]));
}

}  // namespace premix
