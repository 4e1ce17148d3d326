#include "cuda/on_device.hpp"
#include "golden_checks/predictive_filter.hpp"
#include "premix/ops/predictive_filter.hpp"

namespace premix {
namespace {

using testing::gpu;
using testing::leaf;
using testing::moved;
using testing::parity;
using testing::parity_limit;
using testing::same_bits;

struct Case {
  std::int64_t n, h, w, bands, image_bands;
  int kernel;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << Shape{c.n, c.h, c.w, c.bands} << ", image of " << c.image_bands << ", kernel " << c.kernel;
}

const Case cases[] = {
    // Every kernel size on its smallest image.
    {2, 1, 1, 3, 3, 1},
    {1, 2, 2, 4, 4, 3},
    {2, 3, 4, 4, 1, 5},
    {1, 4, 5, 8, 8, 7},
    {1, 5, 5, 2, 2, 9},
    // Runs that begin and end inside a 16-byte chunk, at every offset.
    {2, 5, 7, 1, 1, 3},
    {1, 7, 4, 3, 1, 3},
    {1, 6, 9, 3, 3, 3},
    {2, 9, 5, 5, 5, 3},
    {1, 7, 11, 1, 1, 5},
    {1, 8, 10, 3, 3, 7},
    // Several strips and walks, cut off at the right and at the bottom.
    {1, 19, 133, 4, 4, 3},
    {2, 17, 70, 8, 8, 3},
    {1, 11, 67, 8, 1, 5},
    {1, 18, 131, 3, 3, 5},
    {1, 18, 130, 1, 1, 1},
    {1, 21, 66, 4, 4, 7},
    {1, 25, 35, 4, 4, 9},
    {1, 10, 37, 12, 12, 3},
    {2, 9, 35, 6, 1, 9},
    // Cases without a strip kernel: more bands than threads of a pixel, a wider kernel, too much shared memory.
    {1, 4, 5, 131, 131, 3},
    {1, 7, 9, 4, 4, 11},
    {1, 8, 7, 3, 1, 11},
    {1, 6, 7, 128, 128, 9},
};

template <Real T>
struct Inputs {
  Variable<T> filters, image;
  int kernel;

  Inputs(const Case& c, Device device)
      : filters(moved(leaf<T>({c.n, c.h, c.w, c.bands * c.kernel * c.kernel}, 1), device)),
        image(moved(leaf<T>({c.n, c.h, c.w, c.image_bands}, 2), device)),
        kernel(c.kernel) {}
};

// Returns the result and both gradients, on the CPU.
template <Real T>
std::vector<Tensor<T>> results(const Case& c, Device device) {
  const Inputs<T> in(c, device);
  const auto y = predictive_filter(in.filters, in.image, c.kernel);
  y.backward(testing::uniform_image<T>(y.shape(), -1, 1, 3).to(device));
  return {y.value().to(cpu()), in.filters.grad().to(cpu()), in.image.grad().to(cpu())};
}

// Returns the same for the sum of two images, one filtered band by band and one with a single band filtered for all.
template <Real T>
std::vector<Tensor<T>> sum_results(const Case& c, Device device) {
  const Inputs<T> ms(c, device);
  const auto filters = moved(leaf<T>(ms.filters.shape(), 5), device),
             pan = moved(leaf<T>({c.n, c.h, c.w, 1}, 6), device);
  const auto y = predictive_filter_sum<T>({ms.filters, ms.image}, {filters, pan}, c.kernel);
  y.backward(testing::uniform_image<T>(y.shape(), -1, 1, 3).to(device));
  std::vector<Tensor<T>> tensors;
  for (const auto& tensor : {y.value(), ms.filters.grad(), ms.image.grad(), filters.grad(), pan.grad()})
    tensors.push_back(tensor.to(cpu()));
  return tensors;
}

template <Real T>
void check_parity(const std::vector<Tensor<T>>& there, const std::vector<Tensor<T>>& here) {
  REQUIRE(there.size() == here.size());
  for (std::size_t i = 0; i < here.size(); ++i) {
    CAPTURE(i);
    CHECK(parity(there[i], here[i]) < parity_limit<T>);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("predictive_filter and its gradients on a GPU match the CPU", "[cuda][predictive_filter]", float,
                   double) {
  PREMIX_REQUIRE_GPU();
  const Case c = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(c);
  check_parity(results<TestType>(c, gpu()), results<TestType>(c, cpu()));
}

TEMPLATE_TEST_CASE("predictive_filter_sum and its gradients on a GPU match the CPU", "[cuda][predictive_filter]", float,
                   double) {
  PREMIX_REQUIRE_GPU();
  const Case c = GENERATE(Case{2, 19, 35, 4, 4, 3}, Case{1, 9, 21, 3, 3, 5}, Case{1, 18, 67, 8, 8, 3},
                          Case{1, 7, 9, 5, 5, 1}, Case{1, 7, 6, 4, 4, 11});
  CAPTURE(c);
  check_parity(sum_results<TestType>(c, gpu()), sum_results<TestType>(c, cpu()));
}

TEST_CASE("predictive_filter on a GPU is deterministic", "[cuda][predictive_filter]") {
  PREMIX_REQUIRE_GPU();
  const Case c{2, 37, 71, 4, 4, 5};
  const auto one = sum_results<float>(c, gpu()), two = sum_results<float>(c, gpu());
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(same_bits(one[i], two[i]));
}

TEST_CASE("an image's gradient does not depend on where strips and walks begin", "[cuda][predictive_filter]") {
  PREMIX_REQUIRE_GPU();
  // Compares the upper left part of a large image with the same pixels as a separate image, except near the border.
  const std::int64_t margin = 2, large = 80, small = 50;
  const auto gradient = [&](std::int64_t side) {
    const auto value = [](auto n, auto y, auto x, auto c) {
      return std::sin(static_cast<double>(n + 3 * y + 7 * x * x + 5 * c));
    };
    const Variable<float> filters(testing::image_of<float>({1, side, side, 100}, value).to(gpu()), true);
    const Variable<float> image(testing::image_of<float>({1, side, side, 4}, value).to(gpu()), true);
    predictive_filter(filters, image, 5).backward(testing::image_of<float>({1, side, side, 4}, value).to(gpu()));
    return image.grad().to(cpu());
  };
  const auto of_large = gradient(large), of_small = gradient(small);
  int differing = 0;
  for (std::int64_t y = 0; y < small - 2 * margin; ++y)
    for (std::int64_t x = 0; x < small - 2 * margin; ++x)
      for (std::int64_t c = 0; c < 4; ++c) differing += of_large(0, y, x, c) != of_small(0, y, x, c);
  CHECK(differing == 0);
}

TEST_CASE("predictive_filter on a GPU computes only the required gradients", "[cuda][predictive_filter]") {
  PREMIX_REQUIRE_GPU();
  const Case c{1, 9, 12, 3, 3, 3};
  const auto both = results<float>(c, gpu());
  const auto d_y = testing::uniform_image<float>({c.n, c.h, c.w, c.bands}, -1, 1, 3).to(gpu());
  const Inputs<float> a(c, gpu()), b(c, gpu());
  predictive_filter(a.filters, a.image.detached(), 3).backward(d_y);
  predictive_filter(b.filters.detached(), b.image, 3).backward(d_y);
  CHECK(same_bits(a.filters.grad().to(cpu()), both[1]));
  CHECK(a.image.grad().empty());
  CHECK(same_bits(b.image.grad().to(cpu()), both[2]));
  CHECK(b.filters.grad().empty());
}

TEST_CASE("golden: predictive filtering on a GPU matches the published code", "[cuda][predictive_filter][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::for_each_file("pf_filters_*.safetensors", [](golden::File& file) {
    golden::check_predictive_filter<float>(file, gpu());
    golden::check_predictive_filter<double>(file, gpu());
    file.check_complete();
  });
}

}  // namespace premix
