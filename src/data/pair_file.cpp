#include "premix/data/pair_file.hpp"

#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include "premix/core/error.hpp"
#include "premix/data/sensors.hpp"
#include "premix/io/safetensors.hpp"

namespace premix {
namespace {

constexpr std::string_view ms_prefix = "ms/", pan_prefix = "pan/";

// Shortest text that parses to the same double.
std::string exact_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

template <class Number>
Number metadata_number(const SafetensorsReader& file, const char* key) {
  Number number = 0;
  const auto found = file.metadata().find(key);
  if (found != file.metadata().end()) {
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && number > 0) return number;
  }
  fail(ErrorKind::data, file.path().string(), ": not a file of image pairs: no ", key,
       " above 0 in its metadata. Write it by write_pair_file().");
}

std::vector<std::string> paired_names(const SafetensorsReader& file) {
  std::vector<std::string> names;
  for (const auto& entry : file.entries()) {
    const bool is_ms = entry.name.starts_with(ms_prefix), is_pan = entry.name.starts_with(pan_prefix);
    if (!is_ms && !is_pan)
      fail(ErrorKind::data, file.path().string(), ": tensor '", entry.name,
           "' is neither ms/NAME nor pan/NAME. Write the file by write_pair_file().");
    const std::string name = entry.name.substr(is_ms ? ms_prefix.size() : pan_prefix.size());
    const std::string other = std::string(is_ms ? pan_prefix : ms_prefix) + name;
    if (!file.find(other))
      fail(ErrorKind::data, file.path().string(), ": '", entry.name, "' without '", other, "'. Write the file again.");
    if (is_ms) names.push_back(name);
  }
  return names;
}

Tensor<float> read_image(const SafetensorsReader& file, const std::string& key, std::size_t dimensions) {
  const auto& entry = *file.find(key);
  if (entry.shape.size() != dimensions)
    fail(ErrorKind::data, file.path().string(), ": '", key, "' has ", entry.shape.size(), " dimensions, not ",
         dimensions, ". Write the file again.");
  const Shape shape = {1, entry.shape[0], entry.shape[1], dimensions == 3 ? entry.shape[2] : 1};
  if (shape.size() == 0) fail(ErrorKind::data, file.path().string(), ": '", key, "' is empty. Write the file again.");
  return Tensor<float>::from(shape, file.read<float>(entry));
}

}  // namespace

void write_pair_file(const std::filesystem::path& path, const PairSource& source) {
  SafetensorsWriter writer;
  writer.set_metadata("max_val", exact_text(source.max_val()));
  writer.set_metadata("ratio", std::to_string(source.ratio()));
  for (const std::string& name : source.names()) {
    const ImagePair pair = source.load(name);
    const Shape ms = pair.ms.shape(), pan = pair.pan.shape();
    writer.add(std::string(ms_prefix) + name, {ms.h, ms.w, ms.c}, pair.ms.values());
    writer.add(std::string(pan_prefix) + name, {pan.h, pan.w}, pair.pan.values());
  }
  writer.write(path);
}

PairSource open_pair_file(const std::filesystem::path& path, const PairOptions& options) {
  const auto file = std::make_shared<const SafetensorsReader>(path);
  const auto max_val = metadata_number<double>(*file, "max_val");
  const auto ratio = metadata_number<int>(*file, "ratio");
  if (options.max_val || options.sensor) {
    const double requested = resolve_max_val(options.max_val, options.sensor);
    if (requested != max_val)
      fail(ErrorKind::usage, path.string(), ": counts divided by ", max_val, ", not by ", requested, ". Leave ",
           Option("max_val"), " and ", Option("sensor"), " out, or write the file again.");
  }
  const PairSetOptions set = {
      .max_val = max_val, .ratio = options.ratio ? options.ratio : ratio, .allow_range = options.allow_range};
  return PairSource(path.string(), paired_names(*file), set, [file](const std::string& name) {
    return ImagePair{name, read_image(*file, std::string(ms_prefix) + name, 3),
                     read_image(*file, std::string(pan_prefix) + name, 2)};
  });
}

}  // namespace premix
