#pragma once

#include <limits>

namespace premix {

/// Counts of a band that map to 0 and 1, and the range of counts in an output.
struct BandRange {
  double zero = 0, one = 1;
  double lowest = -std::numeric_limits<double>::infinity(), highest = std::numeric_limits<double>::infinity();

  double value(double count) const;
  double count(double value) const;
};

}  // namespace premix
