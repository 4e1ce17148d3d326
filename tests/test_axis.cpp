#include "premix/core/axis.hpp"

#include "premix/image/window.hpp"
#include "support/catch.hpp"

using namespace premix;

TEST_CASE("a span holds its indices from begin to end - 1", "[axis]") {
  constexpr Span span = {3, 7};
  CHECK(span.size() == 4);
  CHECK_FALSE(span.empty());
  CHECK_FALSE(span.contains(2));
  CHECK(span.contains(3));
  CHECK(span.contains(6));
  CHECK_FALSE(span.contains(7));
  CHECK(Span{5, 5}.empty());
  CHECK_FALSE(Span{5, 5}.contains(5));
  CHECK(span.from(2) == Span{1, 5});
  CHECK(span.from(-2) == Span{5, 9});
}

TEST_CASE("the intersection of spans is their common part, empty for disjoint spans", "[axis]") {
  CHECK(Span{0, 10}.intersection(Span{4, 20}) == Span{4, 10});
  CHECK(Span{4, 20}.intersection(Span{0, 10}) == Span{4, 10});
  CHECK(Span{-5, 30}.intersection(Span{2, 3}) == Span{2, 3});
  CHECK(Span{0, 4}.intersection(Span{4, 9}).empty());
  const Span apart = Span{0, 4}.intersection(Span{6, 9});
  CHECK(apart.empty());
  CHECK(apart.size() == 0);
}

TEST_CASE("joined spans cover both and the gap between them", "[axis]") {
  CHECK(Span{0, 4}.joined(Span{6, 9}) == Span{0, 9});
  CHECK(Span{6, 9}.joined(Span{0, 4}) == Span{0, 9});
  CHECK(Span{0, 9}.joined(Span{-2, 4}) == Span{-2, 9});
}

TEST_CASE("the inverse of an axis map returns the original position, also on flipped axes", "[axis]") {
  const AxisMap map = GENERATE(AxisMap{0.25, -0.375}, AxisMap{-0.25, 59.5}, AxisMap{1 / 3.7, 12.25}, AxisMap{4, 1.5});
  CAPTURE(map.scale, map.offset);
  CHECK(map.at(0) == map.offset);
  for (const std::int64_t i : {-7, 0, 1, 1000, 123456}) {
    CHECK(map.at(i + 1) - map.at(i) == Approx(map.scale));
    CHECK(map.inverse(map.at(i)) == Approx(static_cast<double>(i)).margin(1e-9));
    CHECK(map.at(map.inverse(i)) == Approx(static_cast<double>(i)).margin(1e-9));
  }
}

TEST_CASE("a negative scale traverses the source backwards", "[axis]") {
  const AxisMap flipped = {-1, 9};
  CHECK(flipped.at(0) == 9);
  CHECK(flipped.at(9) == 0);
  CHECK(flipped.inverse(0) == 9);
  CHECK(flipped.with_result_from(2).at(0) == 7);
  CHECK(flipped.with_source_from(2).at(0) == 7);
  CHECK(flipped.with_source_from(2).at(7) == 0);
}

TEST_CASE("a map relative to a part of either axis keeps the positions of samples", "[axis]") {
  const AxisMap map = {0.25, -0.375};
  for (const std::int64_t i : {0, 3, 40}) {
    CHECK(map.with_result_from(12).at(i) == map.at(i + 12));
    CHECK(map.with_result_from(0.5).at(i) == map.at(static_cast<double>(i) + 0.5));
    CHECK(map.with_source_from(5).at(i) == map.at(i) - 5);
  }
}

TEST_CASE("maps between axes make borders or centres agree", "[axis]") {
  const AxisMap borders = map_matching_borders(10, 40);
  CHECK(borders.at(-0.5) == -0.5);
  CHECK(borders.at(39.5) == 9.5);
  const AxisMap centres = map_matching_centres(10, 37);
  CHECK(centres.at(0) == 0);
  CHECK(centres.at(36) == 9);
  CHECK(map_matching_centres(10, 1).at(0) == 0);
  const AxisMap moved = map_from_border(0.25, 3);
  CHECK(moved.at(-0.5) == 2.5);
  CHECK(moved.at(3.5) == 3.5);
}

TEST_CASE("a window is the product of its rows and columns", "[axis]") {
  constexpr Window window = {2, 30, 5, 40};
  CHECK(window.rows() == Span{2, 7});
  CHECK(window.columns() == Span{30, 70});
  CHECK(Window::of(window.rows(), window.columns()) == window);
  CHECK(window.pixels() == 200);
  CHECK(window.from(1, 10) == Window{1, 20, 5, 40});
}

TEST_CASE("windows are intersected and joined along each axis", "[axis]") {
  const Window a = {0, 0, 10, 20}, b = {6, -5, 10, 10};
  CHECK(a.intersection(b) == Window{6, 0, 4, 5});
  CHECK(a.joined(b) == Window{0, -5, 16, 25});
  CHECK(a.intersection(Window{10, 0, 3, 3}).empty());
  CHECK(a.intersection(Window{3, 25, 3, 3}).empty());
}
