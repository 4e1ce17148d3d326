#pragma once

#include <string>
#include <vector>

namespace premix {

/// How the bands of an MS image were found.
enum class MatchedBy { number, name, position };

struct BandMatch {
  std::vector<int> bands;  // of the MS image, from 1, in the network's order
  MatchedBy by = MatchedBy::position;
};

/// The MS bands that a network wants, from what the file calls its bands. Names are compared by meaning: letter case,
/// blanks and punctuation do not count, and "NIR1" or "near infrared" is "nir". Numbers of bands ("B2") differ from
/// sensor to sensor and mean nothing here. Where no name of one is found in the other, and as many bands are there as
/// wanted, they are taken by position. wanted: the weights' names, empty texts where they have none; found: the file's,
/// empty where it gives none. Throws a data Error where some names fit and others do not, a wanted name is there twice,
/// or the number of bands leaves it open.
BandMatch match_bands(const std::vector<std::string>& wanted, const std::vector<std::string>& found);

/// The bands that the user numbered, checked: as many as wanted, each there. Throws a usage Error.
BandMatch numbered_bands(const std::vector<std::string>& wanted, const std::vector<int>& numbers, int found);

/// A band's name by its meaning: "blue" for "B", "Blue " and "BLUE", "nir" for "Near-Infrared 1"; other names without
/// case and punctuation.
std::string band_meaning(const std::string& name);

}  // namespace premix
