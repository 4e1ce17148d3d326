#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "premix/core/error.hpp"
#include "premix/io/checkpoint.hpp"

namespace premix {

/// Weights in a folder of the catalogue: a file NAME.safetensors of save_weights().
struct CatalogueWeights {
  std::string name;
  std::filesystem::path path;
  PreMixConfig architecture;
  WeightsInfo info;
  std::int64_t parameters = 0;  // count
  std::uint64_t bytes = 0;      // of the file
};

/// Requirements of a scene on weights.
struct WeightsRequest {
  std::optional<std::string> sensor = {};  // name or alias; empty: unknown
  double ratio = 4;                        // PAN pixels along one MS pixel
  std::int64_t bands = 4;
  WeightsQuality quality = WeightsQuality::best;
};

struct WeightsChoice {
  std::optional<CatalogueWeights> weights;
  std::string reason;  // "for Landsat-8 OLI, ratio 2, 7 bands", or what fits no weights
};

/// Folders of installed weights that exist, in order of search: the environment variable PREMIX_WEIGHTS (if not empty),
/// share/premix/weights of the running program's installation and of this library's, and, for programs in the build
/// tree, examples/weights of the source tree.
std::vector<std::filesystem::path> weights_folders();

/// Installed weights. Of equal names, the first in the order of the folders counts. Only headers are read.
class WeightsCatalogue {
 public:
  /// Reads the headers in the folders. Unusable files are recorded in problems(), not thrown.
  explicit WeightsCatalogue(std::vector<std::filesystem::path> folders = weights_folders());

  const std::vector<CatalogueWeights>& weights() const { return weights_; }  // sorted by folder, then name
  const std::vector<std::filesystem::path>& folders() const { return folders_; }
  const std::vector<Message>& problems() const { return problems_; }  // one per unusable file

  /// Returns the path of weights. Text that is the path of a file, or looks like one ('/', .safetensors), is returned
  /// unchanged; other text is a name. Throws a usage Error for an unknown name, with the known names and the folders.
  std::filesystem::path find(const std::string& name_or_path) const;

  /// Chooses weights for a scene. The bands must be equal, and the ratio within 2 %. The sensor's own weights precede
  /// those for any sensor; weights of other sensors are never chosen. Then the wanted quality precedes the other one.
  /// Then the order of weights() counts. Throws a usage Error for a sensor unknown to find_sensor() and to all weights.
  WeightsChoice choose(const WeightsRequest& request) const;

 private:
  std::vector<std::filesystem::path> folders_;
  std::vector<CatalogueWeights> weights_;
  std::vector<Message> problems_;
};

/// WeightsCatalogue().find(name_or_path), without reading headers for a path.
std::filesystem::path find_weights(const std::string& name_or_path);

}  // namespace premix
