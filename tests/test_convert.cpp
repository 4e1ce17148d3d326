#include "premix/ops/convert.hpp"

#include <cmath>

#include "support/catch.hpp"

namespace premix {
namespace {

template <Narrow S>
std::uint16_t bits_of(float value) {
  return convert<S>(Tensor<float>::full({1, 1, 1, 1}, value)).data()[0].bits;
}

}  // namespace

TEST_CASE("convert rounds to the nearest bf16, ties to even", "[convert]") {
  CHECK(bits_of<bf16_t>(1.0f) == 0x3f80);
  CHECK(bits_of<bf16_t>(-0.0f) == 0x8000);
  CHECK(bits_of<bf16_t>(0x1.01p0f) == 0x3f80);      // tie, even number below
  CHECK(bits_of<bf16_t>(0x1.03p0f) == 0x3f82);      // tie, even number above
  CHECK(bits_of<bf16_t>(0x1.010002p0f) == 0x3f81);  // slightly above a tie
  CHECK(bits_of<bf16_t>(3.4e38f) == 0x7f80);
  CHECK(std::isnan(widened(bf16_t{bits_of<bf16_t>(NAN)})));
}

TEST_CASE("convert rounds to the nearest half, ties to even", "[convert]") {
  CHECK(bits_of<half_t>(1.0f) == 0x3c00);
  CHECK(bits_of<half_t>(-0.0f) == 0x8000);
  CHECK(bits_of<half_t>(0x1.002p0f) == 0x3c00);
  CHECK(bits_of<half_t>(0x1.006p0f) == 0x3c02);
  CHECK(bits_of<half_t>(65519.0f) == 0x7bff);
  CHECK(bits_of<half_t>(65520.0f) == 0x7c00);
  CHECK(bits_of<half_t>(-1e30f) == 0xfc00);
  CHECK(bits_of<half_t>(0x1p-24f) == 1);      // the smallest subnormal
  CHECK(bits_of<half_t>(0x1p-25f) == 0);      // half of it: tie, even number below
  CHECK(bits_of<half_t>(0x1.8p-24f) == 2);    // 1.5 times it: tie, even number above
  CHECK(bits_of<half_t>(0x1p-14f) == 0x400);  // the smallest normal number
  CHECK(std::isnan(widened(half_t{bits_of<half_t>(NAN)})));
}

TEMPLATE_TEST_CASE("convert to float and back keeps every number's bits", "[convert]", bf16_t, half_t) {
  Tensor<TestType> all({1, 256, 256, 1});
  for (std::int64_t i = 0; i < all.size(); ++i) all.mutable_data()[i].bits = static_cast<std::uint16_t>(i);
  const Tensor<float> wide = convert<float>(all);
  const Tensor<TestType> back = convert<TestType>(wide);
  std::int64_t changed = 0;
  for (std::int64_t i = 0; i < all.size(); ++i)
    changed += !std::isnan(wide.data()[i]) && back.data()[i].bits != all.data()[i].bits;
  CHECK(changed == 0);
}

}  // namespace premix
