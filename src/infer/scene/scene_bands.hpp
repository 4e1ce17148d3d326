#pragma once

#include "infer/scene/scene_files.hpp"

namespace premix::infer {

/// MS bands used by a method.
struct ChosenBands {
  std::vector<OfferedBand> bands;  // in method order
  std::vector<std::string> names;  // the method's names, else the file's
  MatchedBy by = MatchedBy::position;
};

/// Chooses bands by number, name or position. Throws a usage or data Error that names the file.
ChosenBands choose_bands(const SceneImage& ms, const WantedBands& wanted, const std::vector<int>& numbers);

/// Ranges of the MS bands, then of the PAN. max_val: from the user, overrides the method's ranges. Throws a usage Error
/// if a range is needed and none is known.
std::vector<BandRange> ranges_of(const WantedBands& wanted, const std::optional<double>& max_val,
                                 const std::vector<OfferedBand>& ms, const OfferedBand& pan);

}  // namespace premix::infer
