#include <array>

#include "premix/core/random.hpp"
#include "premix/core/tensor.hpp"
#include "support/catch.hpp"

using namespace premix;

TEST_CASE("a copied tensor shares its numbers, a clone does not", "[core]") {
  auto a = Tensor<float>::full({1, 2, 3, 4}, 1.0f);
  auto shared = a, own = a.clone();
  a.mutable_data()[0] = 7.0f;
  CHECK(shared(0, 0, 0, 0) == 7.0f);
  CHECK(own(0, 0, 0, 0) == 1.0f);
  CHECK(own.unique());
  CHECK_FALSE(a.unique());
  CHECK(shared.writes() == a.writes());
}
