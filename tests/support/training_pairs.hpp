#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "premix/data/pairs.hpp"
#include "support/images.hpp"

namespace premix::testing {

/// Returns a source of pairs "0", "1", ... without files: MS of 16 x 16 pixels and 3 bands, PAN of 64 x 64 pixels.
/// Values are noise between 0.2 and 0.8, so every metric is finite. change: applied to each pair.
inline std::shared_ptr<const PairSource> training_source(int count,
                                                         const std::function<void(ImagePair&)>& change = {}) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return std::make_shared<PairSource>("noise", names, PairSetOptions{.max_val = 100},
                                      [change](const std::string& name) {
                                        const auto seed = static_cast<std::uint32_t>(std::stoi(name));
                                        ImagePair pair{name, uniform_image<float>({1, 16, 16, 3}, 0.2, 0.8, seed),
                                                       uniform_image<float>({1, 64, 64, 1}, 0.2, 0.8, seed + 1000)};
                                        if (change) change(pair);
                                        return pair;
                                      });
}

}  // namespace premix::testing
