#include <cmath>

#include "cuda/on_device.hpp"
#include "premix/ops/convert.hpp"

namespace premix {

using testing::gpu;
using testing::parity;

TEST_CASE("convert rounds on a GPU as on the CPU", "[cuda][convert]") {
  PREMIX_REQUIRE_GPU();
  auto x = testing::uniform_image<float>({1, 7, 9, 5}, -1, 1, 1);
  float* values = x.mutable_data();
  const float special[] = {0.0f,  -0.0f,    65519.0f,       65520.0f,       -1e30f, 5e-8f,
                           3e-6f, INFINITY, 1.00048828125f, 1.00146484375f, NAN};
  std::copy(std::begin(special), std::end(special), values);
  const auto check = [&]<class S>(S) {
    const Tensor<S> there = convert<S>(x.to(gpu())).to(cpu()), here = convert<S>(x);
    bool same = true;
    for (std::int64_t i = 0; i < x.size(); ++i) same &= there.data()[i].bits == here.data()[i].bits;
    CHECK(same);
    CHECK(parity(convert<float>(there.to(gpu())), convert<float>(here)) == 0);
  };
  check(bf16_t{});
  check(half_t{});
}

}  // namespace premix
