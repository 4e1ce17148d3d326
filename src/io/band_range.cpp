#include "premix/io/band_range.hpp"

namespace premix {

double BandRange::value(double count) const { return (count - zero) / (one - zero); }
double BandRange::count(double value) const { return zero + value * (one - zero); }

}  // namespace premix
