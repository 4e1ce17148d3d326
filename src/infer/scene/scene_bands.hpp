#pragma once

#include "infer/scene/scene_files.hpp"

namespace premix {

/// The bands of an MS image that a method takes.
struct ChosenBands {
  std::vector<OfferedBand> bands;  // in the order wanted
  std::vector<std::string> names;  // as the method calls them, else as the file does
  MatchedBy by = MatchedBy::position;
};

/// By number, name or place. Throws a usage or data Error that names the file.
ChosenBands choose_bands(const SceneImage& ms, const WantedBands& wanted, const std::vector<int>& numbers);

/// The ranges of the MS bands, then of the PAN. max_val: the user's, in place of what is wanted. Throws a usage Error
/// where none is known and one is needed.
std::vector<BandRange> ranges_of(const WantedBands& wanted, const std::optional<double>& max_val,
                                 const std::vector<OfferedBand>& ms, const OfferedBand& pan);

}  // namespace premix
