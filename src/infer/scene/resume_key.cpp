#include "infer/scene/resume_key.hpp"

#include <filesystem>

#include "premix/config.hpp"
#include "premix/core/error.hpp"

namespace premix::infer {

std::string file_of_source(const std::string& source) { return source.substr(0, source.rfind(",band=")); }

std::string file_state(const std::string& source) {
  std::error_code none;
  const std::filesystem::path path = file_of_source(source);
  const auto size = std::filesystem::file_size(path, none);
  if (none) return source;
  return concat(source, ", ", size, " bytes, written at ",
                std::filesystem::last_write_time(path, none).time_since_epoch().count());
}

std::map<std::string, std::string> scene_key(const SceneFiles& files, const Scene& scene, const SceneOptions& options) {
  std::map<std::string, std::string> key = {{"version", PREMIX_VERSION}, {"PAN", file_state(files.pan)}};
  for (std::size_t i = 0; i < files.ms.size(); ++i) key[concat("MS ", i + 1)] = file_state(files.ms[i]);
  const auto& [rows, columns] = scene.source.geometry.map;
  key["map"] = concat(rows.scale, ' ', rows.offset, ' ', columns.scale, ' ', columns.offset);
  const Window &part = scene.source.geometry.part, &product = scene.product;
  key["part"] = concat(part.left, ' ', part.top, ' ', part.width, ' ', part.height);
  for (const BandSource& band : scene.bands) key["bands"] += concat(band.path, ' ', band.band, ' ');
  for (const BandRange& range : scene.ranges) key["ranges"] += concat(range.zero, ' ', range.one, ' ');
  key["ignore nodata"] = options.ignore_nodata ? "yes" : "no";
  // Entries that older journals lack: only for non-default values.
  if (options.nodata) key["input nodata"] = concat(*options.nodata);
  if (options.srcwin && product != part) key["window"] = concat(product.left, ' ', product.top);
  return key;
}

}  // namespace premix::infer
