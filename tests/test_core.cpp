#include <array>

#include "premix/core/random.hpp"
#include "premix/core/tensor.hpp"
#include "premix/core/text.hpp"
#include "support/catch.hpp"

using namespace premix;

TEST_CASE("a copied tensor shares its memory, a clone does not", "[core]") {
  auto a = Tensor<float>::full({1, 2, 3, 4}, 1.0f);
  auto shared = a, own = a.clone();
  a.mutable_data()[0] = 7.0f;
  CHECK(shared(0, 0, 0, 0) == 7.0f);
  CHECK(own(0, 0, 0, 0) == 1.0f);
  CHECK(own.unique());
  CHECK_FALSE(a.unique());
  CHECK(shared.writes() == a.writes());
}

TEST_CASE("items are joined with the separator between them only", "[core]") {
  const std::vector<std::string> names{"red", "", "nir"};
  CHECK(detail::joined(std::vector<int>{}, ", ").empty());
  CHECK(detail::joined(std::array{7}, ", ") == "7");
  CHECK(detail::joined(names, ", ") == "red, , nir");
  CHECK(detail::joined(names, " x ", &std::string::size) == "3 x 0 x 3");
}
