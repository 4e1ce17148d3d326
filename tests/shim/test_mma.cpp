#include "cuda/inference/mma.cuh"
#include "cuda/runtime/launch.cuh"
#include "kernels/inference_weights.hpp"
#include "premix/core/tensor.hpp"
#include "support/catch.hpp"
#include "support/images.hpp"

// Compares the portable versions of the tensor core wrappers with a plain product, in the layouts of their header. On a
// GPU the tests of the kernels cover them.

namespace premix {
namespace {

using namespace kernels;

struct ProductArgs {
  const bf16_t* a;  // (16, 16)
  const bf16_t* b;  // (16, 8), in the layout of pack_taps
  float* sums;      // (16, 8)
};

struct ProductMemory {
  alignas(16) bf16_t a[16 * 24];  // rows 48 bytes apart
};

__global__ void product(ProductArgs args) {
  auto& memory = shared_memory<ProductMemory>();
  const int lane = static_cast<int>(threadIdx.x), g = lane / 4, q = lane % 4;
  for (int i = lane; i < 16 * 16; i += 32) memory.a[i / 16 * 24 + i % 16] = args.a[i];
  __syncthreads();
  const FragmentA a = load_fragment(memory.a + lane % 16 * 24 + lane / 16 * 8);
  Sums sums;
  for (int i = 0; i < 4; ++i) sums.v[i] = args.sums[(g + i / 2 * 8) * 8 + 2 * q + i % 2];
  multiply_add(sums, a, reinterpret_cast<const FragmentB*>(args.b)[lane]);
  for (int i = 0; i < 4; ++i) args.sums[(g + i / 2 * 8) * 8 + 2 * q + i % 2] = sums.v[i];
}

// Small integers, so all products and sums are exact.
float number(std::int64_t i, std::int64_t j) { return static_cast<float>((7 * i + 5 * j + i * j) % 31 - 15); }

}  // namespace

TEST_CASE("multiply_add adds the product of the matrices", "[shim][mma]") {
  std::vector<bf16_t> a, b;
  for (int i = 0; i < 16; ++i)
    for (int k = 0; k < 16; ++k) a.push_back(narrowed<bf16_t>(number(i, k)));
  pack_taps(b, 1, 1, 16, 1, [](int, int, std::int64_t k, int j) { return number(3 * k, j + 2); });
  const auto sums = Tensor<float>::full({1, 1, 16, 8}, 100, cuda(0));
  const auto on_gpu = [](const std::vector<bf16_t>& v) {
    return Tensor<bf16_t>::from({1, 1, 1, static_cast<std::int64_t>(v.size())}, v, cuda(0));
  };
  const auto a_there = on_gpu(a), b_there = on_gpu(b);
  auto result = sums;
  on_device(cuda(0), [&](auto device) {
    if constexpr (std::is_same_v<decltype(device), Cuda>)
      launch(device, product, {dim3(1), 32}, ProductArgs{a_there.data(), b_there.data(), result.mutable_data()});
  });
  const auto here = result.to(cpu());
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      float expected = 100;
      for (int k = 0; k < 16; ++k) expected += number(i, k) * number(3 * k, j + 2);
      CAPTURE(i, j);
      CHECK(here(0, 0, i, j) == expected);
    }
}

TEST_CASE("fragments have the lane layout of the PTX ISA", "[shim][mma]") {
  // mma.m16n8k16: element b_i of a lane has row lane % 4 * 2 + i % 2, plus 8 for i >= 2, and column lane / 4.
  std::vector<bf16_t> b;
  pack_taps(b, 1, 1, 16, 1, [](int, int, std::int64_t k, int j) { return static_cast<float>(8 * k + j); });
  const auto at = [&](int lane, int i) { return widened(b[static_cast<std::size_t>(4 * lane + i)]); };
  CHECK(at(0, 0) == 0);
  CHECK(at(0, 1) == 8);
  CHECK(at(0, 2) == 8 * 8);
  CHECK(at(5, 0) == 8 * 2 + 1);
  CHECK(at(31, 3) == 8 * 15 + 7);
}

}  // namespace premix
