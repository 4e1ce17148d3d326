#include "premix/data/sensors.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "premix/core/error.hpp"
#include "premix/core/text.hpp"

namespace premix {
namespace {

// Reduces a name to lower-case letters and digits, so that "WorldView-2", "worldview 2" and "WORLDVIEW2" are equal.
std::string plain(std::string_view name) {
  std::string result;
  for (const unsigned char c : name)
    if (std::isalnum(c)) result += static_cast<char>(std::tolower(c));
  return result;
}

bool is_called(const Sensor& sensor, const std::string& plain_name) {
  const auto same = [&](std::string_view name) { return plain(name) == plain_name; };
  return same(sensor.name) || std::any_of(sensor.aliases.begin(), sensor.aliases.end(), same);
}

// Satellite codes in metadata and file names, as plain() gives them.
struct SatelliteCode {
  std::string_view code, sensor;
};
constexpr SatelliteCode satellite_codes[] = {
    {"qb02", "QuickBird"},       {"ge01", "GeoEye-1"},       {"wv02", "WorldView-2"},   {"wv03", "WorldView-3"},
    {"wv04", "WorldView-4"},     {"le07", "Landsat-7 ETM+"}, {"lc08", "Landsat-8 OLI"}, {"lo08", "Landsat-8 OLI"},
    {"lc09", "Landsat-9 OLI-2"}, {"lo09", "Landsat-9 OLI-2"}};

// Returns the sensor of a plain name, or nullptr. "L8", "GF" and "OLI", the instrument of two satellites, are too
// vague.
const Sensor* sensor_of_word(const std::string& plain_word) {
  const bool numbered = plain_word.find_first_of("0123456789") != std::string::npos;
  if (plain_word.size() < (numbered ? 3 : 5)) return nullptr;
  for (const SatelliteCode& known : satellite_codes)
    if (known.code == plain_word) return &find_sensor(known.sensor);
  for (const Sensor& sensor : sensors())
    if (is_called(sensor, plain_word)) return &sensor;
  return nullptr;
}

// Splits at everything but letters and digits, and reduces the words as plain() does.
std::vector<std::string> plain_words(std::string_view text) {
  std::vector<std::string> words(1);
  for (const unsigned char c : text) {
    if (std::isalnum(c))
      words.back() += static_cast<char>(std::tolower(c));
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::string known_sensors() {
  return detail::joined(sensors(), ", ", [](const Sensor& sensor) {
    return sensor.aliases.empty() ? std::string(sensor.name) : concat(sensor.name, " (", sensor.aliases.front(), ')');
  });
}

}  // namespace

const std::vector<Sensor>& sensors() {
  using Names = std::vector<std::string_view>;
  const Names four = {"blue", "green", "red", "nir"};
  const Names eight = {"coastal", "blue", "green", "yellow", "red", "red edge", "nir1", "nir2"};
  const Names etm = {"blue", "green", "red", "nir", "swir1", "swir2"};
  const Names oli = {"coastal", "blue", "green", "red", "nir", "swir1", "swir2"};
  const auto all = [](const Names& bands, double gain) { return std::vector<double>(bands.size(), gain); };

  static const std::vector<Sensor> table = {
      {"Gaofen-1", {"GF1", "GF"}, 4, 10, four, all(four, 0.3), 0.15},
      {"Gaofen-2", {"GF2"}, 4, 10, four, all(four, 0.3), 0.15},
      {"QuickBird", {"QB"}, 4, 11, four, {0.34, 0.32, 0.30, 0.22}, 0.15},
      {"IKONOS", {"IK"}, 4, 11, four, {0.26, 0.28, 0.29, 0.28}, 0.17},
      {"GeoEye-1", {"GE1"}, 4, 11, four, all(four, 0.23), 0.16},
      {"WorldView-2", {"WV2"}, 4, 11, eight, {0.35, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35, 0.27}, 0.11},
      {"WorldView-3", {"WV3"}, 4, 11, eight, {0.325, 0.355, 0.360, 0.350, 0.365, 0.360, 0.335, 0.315}, 0.14},
      {"WorldView-4", {"WV4"}, 4, 11, four, all(four, 0.23), 0.16},
      {"Landsat-7 ETM+", {"L7", "Landsat-7", "ETM+"}, 2, 8, etm, all(etm, 0.3), 0.15},
      // Landsat 8 digitises 12 bits, Landsat 9 14 bits. Their products scale both to 16 bits.
      {"Landsat-8 OLI", {"L8", "Landsat-8", "OLI"}, 2, 16, oli, all(oli, 0.3), 0.15},
      {"Landsat-9 OLI-2", {"L9", "Landsat-9", "OLI-2"}, 2, 16, oli, all(oli, 0.3), 0.15},
  };
  return table;
}

const Sensor& find_sensor(std::string_view name) {
  const std::string wanted = plain(name);
  for (const Sensor& sensor : sensors())
    if (is_called(sensor, wanted)) return sensor;
  fail(ErrorKind::usage, "unknown sensor '", name, "'. Known: ", known_sensors(), '.');
}

bool same_sensor(std::string_view a, std::string_view b) {
  const std::string plain_a = plain(a), plain_b = plain(b);
  if (plain_a == plain_b) return true;
  return std::any_of(sensors().begin(), sensors().end(),
                     [&](const Sensor& sensor) { return is_called(sensor, plain_a) && is_called(sensor, plain_b); });
}

const Sensor* mentioned_sensor(std::string_view text) {
  constexpr std::size_t most_words = 3;  // of a name: "Landsat-7 ETM+"
  const std::vector<std::string> words = plain_words(text);
  const Sensor* found = nullptr;
  for (std::size_t first = 0; first < words.size();) {
    std::size_t taken = 0;
    const Sensor* here = nullptr;
    std::string name;
    for (std::size_t count = 1; count <= most_words && first + count <= words.size(); ++count) {
      name += words[first + count - 1];
      if (const Sensor* sensor = sensor_of_word(name)) here = sensor, taken = count;
    }
    if (here && found && here != found) return nullptr;
    if (here) found = here;
    first += std::max<std::size_t>(taken, 1);
  }
  return found;
}

double resolve_max_val(std::optional<double> max_val, const std::optional<std::string>& named_sensor) {
  if (max_val) {
    if (!(std::isfinite(*max_val) && *max_val > 0))
      fail(ErrorKind::usage, Option("max_val", *max_val), ": set the largest count, above 0");
    return *max_val;
  }
  if (!named_sensor)
    fail(ErrorKind::usage, "value range unknown. Set ", Option("max_val"),
         " (2047 for 11-bit counts, 1023 for 10-bit), or name the sensor by ", Option("sensor"), '.');
  for (const Sensor& sensor : sensors())
    if (is_called(sensor, plain(*named_sensor))) return sensor.max_val();
  fail(ErrorKind::usage, "value range unknown for sensor '", *named_sensor, "'. Set ", Option("max_val"),
       ", or one of the sensors ", known_sensors(), '.');
}

}  // namespace premix
