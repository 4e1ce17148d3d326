#pragma once

#include <string>
#include <vector>

namespace premix {

/// How MS bands were matched.
enum class MatchedBy { number, name, position };

struct BandMatch {
  std::vector<int> bands;  // MS band numbers, from 1, in the network's order
  MatchedBy by = MatchedBy::position;
};

/// Matches the bands of a network to the bands of an MS image. Names are compared by band_meaning(): case, blanks and
/// punctuation are ignored, "NIR1" and "near infrared" are "nir". Band numbers ("B2") have no meaning: they differ
/// between sensors. If no name matches and the band counts agree, bands are matched by position. wanted: names in the
/// weights; found: names in the file; empty strings where unnamed. Throws a data Error if only some names match, if a
/// wanted name occurs twice, or if no name matches and the band counts differ.
BandMatch match_bands(const std::vector<std::string>& wanted, const std::vector<std::string>& found);

/// Checks band numbers given by the user: as many as wanted, each from 1 to found. Throws a usage Error.
BandMatch numbered_bands(const std::vector<std::string>& wanted, const std::vector<int>& numbers, int found);

/// Canonical band name: "blue" for "B", "Blue " and "BLUE", "nir" for "Near-Infrared 1". Other names are returned in
/// lower case, without blanks and punctuation.
std::string band_meaning(const std::string& name);

}  // namespace premix
