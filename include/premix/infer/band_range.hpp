#pragma once

namespace premix {

/// Counts that become 0 and 1, and those that an output may hold.
struct BandRange {
  double zero = 0, one = 1;
  double lowest = 0, highest = 1;

  double value(double count) const { return (count - zero) / (one - zero); }
  double count(double value) const { return zero + value * (one - zero); }
};

}  // namespace premix
