#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace premix {

/// A satellite instrument with a panchromatic band, described as delivered products.
struct Sensor {
  std::string_view name;
  std::vector<std::string_view> aliases;
  int ratio;                            // PAN pixels along one MS pixel
  int bit_depth;                        // of the delivered counts
  std::vector<std::string_view> bands;  // names in the order of the product

  /// Gains of the modulation transfer function at the Nyquist frequency of the MS grid, equal along and across track.
  /// Sources: Aiazzi et al. (2006), Vivone et al. (2015). For unpublished instruments 0.3 and 0.15, their values for an
  /// unknown one.
  std::vector<double> mtf_gains;  // one per band
  double pan_mtf_gain;

  /// Largest count: 2^bit_depth - 1.
  double max_val() const { return static_cast<double>((1u << bit_depth) - 1u); }
};

/// All known sensors.
const std::vector<Sensor>& sensors();

/// Returns the sensor of a name or alias; case, blanks and punctuation do not matter. Throws a usage Error that lists
/// the known sensors.
const Sensor& find_sensor(std::string_view name);

/// Returns whether two names are the same sensor: names or aliases of one, or equal but for case, blanks and
/// punctuation.
bool same_sensor(std::string_view a, std::string_view b);

/// Returns the one known sensor that a text mentions, or nullptr for none or several. Recognises names, satellite
/// codes and aliases, except vague ones ("L8", "GF", "OLI"): "LANDSAT_8 OLI_TIRS", "WV02", "LC08_L1TP_023037.TIF".
const Sensor* mentioned_sensor(std::string_view text);

/// Returns the count that becomes 1: max_val if given, else that of the given sensor. Throws a usage Error if neither
/// is given, because a wrong guess trains and scores without any sign of it. Throws a usage Error for max_val <= 0.
double resolve_max_val(std::optional<double> max_val, const std::optional<std::string>& named_sensor);

}  // namespace premix
