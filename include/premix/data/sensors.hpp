#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace premix {

/// A satellite instrument with a panchromatic band, as its products are delivered.
struct Sensor {
  std::string_view name;
  std::vector<std::string_view> aliases;
  int ratio;                            // PAN pixels along one MS pixel
  int bit_depth;                        // of the delivered counts
  std::vector<std::string_view> bands;  // names in the order of the product

  /// Gains of the modulation transfer function at the Nyquist frequency of the MS grid, along and across track alike.
  /// Aiazzi et al. (2006) and Vivone et al. (2015); 0.3 and 0.15, their values for an unknown instrument, where nothing
  /// is published.
  std::vector<double> mtf_gains;  // one for each band
  double pan_mtf_gain;

  /// The largest count: 2^bit_depth - 1.
  double max_val() const { return static_cast<double>((1u << bit_depth) - 1u); }
};

/// Every sensor that the library knows.
const std::vector<Sensor>& sensors();

/// The sensor of that name or alias; letter case, blanks and punctuation do not matter. Throws a usage Error that lists
/// the known ones.
const Sensor& find_sensor(std::string_view name);

/// The count that becomes 1: max_val where the user gave it, else that of the sensor that the user named. Throws a
/// usage Error where there is neither, because a wrong guess trains and scores without any sign of it. Throws one, too,
/// for a max_val that is not above 0.
double resolve_max_val(std::optional<double> max_val, const std::optional<std::string>& named_sensor);

}  // namespace premix
