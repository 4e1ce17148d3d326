#include "premix/data/pairs.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "premix/core/error.hpp"

namespace premix {
namespace {

std::string size_of(const Tensor<float>& image) { return concat(image.shape().h, " x ", image.shape().w); }

int whole_ratio(const ImagePair& pair, const std::string& where) {
  const Shape ms = pair.ms.shape(), pan = pair.pan.shape();
  const std::int64_t ratio = pan.h / ms.h;
  if (ms.c == 1 && pan.c > 1)
    fail(ErrorKind::data, where, ": PAN has ", pan.c, " bands, MS has 1. Exchange the two images.");
  if (ratio == 1 && pan.h == ms.h && pan.w == ms.w)
    fail(ErrorKind::data, where, ": PAN and MS have the same size, ", size_of(pair.ms),
         ". Use the MS at its own resolution, or set ", Option("ratio", 1), '.');
  if (ratio < 1 || pan.h != ratio * ms.h || pan.w != ratio * ms.w)
    fail(ErrorKind::data, where, ": PAN ", size_of(pair.pan), " is not a whole multiple of MS ", size_of(pair.ms),
         ", the same along both axes. Cut both to the same ground.");
  return static_cast<int>(ratio);
}

void check_sizes(const ImagePair& pair, int ratio, const std::string& where) {
  const Shape ms = pair.ms.shape(), pan = pair.pan.shape();
  if (pan.c != 1) fail(ErrorKind::data, where, ": PAN has ", pan.c, " bands, not 1. Use the panchromatic band alone.");
  if (pan.h != ratio * ms.h || pan.w != ratio * ms.w)
    fail(ErrorKind::data, where, ": PAN ", size_of(pair.pan), " is not ", ratio, " times MS ", size_of(pair.ms),
         ". Cut both to the same ground, or set ", Option("ratio"), " to that of the data.");
}

void check_finite(const Tensor<float>& image, const char* what, const std::string& where) {
  const auto values = image.values();
  const auto bad = [](float value) { return !std::isfinite(value); };
  const auto first = std::find_if(values.begin(), values.end(), bad);
  if (first == values.end()) return;
  const Shape shape = image.shape();
  const std::int64_t index = first - values.begin(), pixel = index / shape.c;
  fail(ErrorKind::data, where, ": ", std::count_if(first, values.end(), bad), " values of ", what,
       " are NaN or infinite, the first at row ", pixel / shape.w, ", column ", pixel % shape.w, ", band ",
       index % shape.c + 1, ". Leave the image out, or cut it to its valid part.");
}

// A wrong range spoils training and scores without any other sign.
void check_range(const Tensor<float>& image, const char* what, double max_val, const std::string& where) {
  constexpr double accepted_share = 0.001;
  const auto values = image.values();
  const auto above = std::count_if(values.begin(), values.end(), [](float value) { return value > 1; });
  const double share = static_cast<double>(above) / static_cast<double>(values.size());
  if (share <= accepted_share) return;
  const float largest = *std::max_element(values.begin(), values.end());
  fail(ErrorKind::data, where, ": ", 100 * share, " % of the counts of ", what, " are above ", max_val,
       ", the largest is ", static_cast<double>(largest) * max_val, ". Set the ", Option("max_val"),
       " of these images (2047 for 11-bit counts), or ", Option("allow_range"), '.');
}

// Of a path that may end in slashes.
std::string last_component(const std::filesystem::path& path) {
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

}  // namespace

PairSource::PairSource(std::string location, std::vector<std::string> names, const PairSetOptions& options, Reader read)
    : location_(std::move(location)), names_(std::move(names)), options_(options), read_(std::move(read)) {
  if (names_.empty()) fail(ErrorKind::data, location_, ": no image pairs. Check the path.");
  if (options.ratio && *options.ratio < 1)
    fail(ErrorKind::usage, Option("ratio", *options.ratio), ": set the PAN pixels along one MS pixel, 1 or more");
  std::sort(names_.begin(), names_.end());

  const ImagePair first = read_(names_.front());
  const std::string where = concat(location_, ": ", names_.front());
  bands_ = first.ms.shape().c;
  ratio_ = options.ratio ? *options.ratio : whole_ratio(first, where);
  check_sizes(first, ratio_, where);
}

ImagePair PairSource::load(const std::string& name) const {
  if (!std::binary_search(names_.begin(), names_.end(), name))
    fail(ErrorKind::data, location_, ": no image '", name, "'");
  ImagePair pair = read_(name);
  pair.name = name;
  const std::string where = concat(location_, ": ", name);
  check_sizes(pair, ratio_, where);
  if (pair.ms.shape().c != bands_)
    fail(ErrorKind::data, where, ": MS has ", pair.ms.shape().c, " bands, ", names_.front(), " has ", bands_,
         ". Keep images of one sensor in a data set.");
  check_finite(pair.ms, "MS", where);
  check_finite(pair.pan, "PAN", where);
  if (!options_.allow_range) {
    check_range(pair.ms, "MS", options_.max_val, where);
    check_range(pair.pan, "PAN", options_.max_val, where);
  }
  return pair;
}

bool ImagePair::has_common_borders() const { return std::max(std::abs(pan_row), std::abs(pan_column)) < 0.01; }

PairSource joined_pairs(std::vector<PairSource> sets) {
  PREMIX_CHECK(!sets.empty(), "joined_pairs: no sets");
  if (sets.size() == 1) return std::move(sets.front());
  const PairSource& first = sets.front();
  double max_val = first.max_val();
  std::string location;
  std::vector<std::string> names;
  std::map<std::string, std::shared_ptr<const PairSource>> by_folder;
  for (PairSource& set : sets) {
    if (set.ratio() != first.ratio() || set.bands() != first.bands())
      fail(ErrorKind::data, set.location(), ": ratio ", set.ratio(), " and ", set.bands(), " bands, ", first.location(),
           " has ratio ", first.ratio(), " and ", first.bands(), ". Train on sets of one kind.");
    if (set.max_val() != max_val) max_val = 0;
    location += concat(location.empty() ? "" : " + ", set.location());
    const std::string folder = last_component(set.location());
    for (const std::string& name : set.names()) names.push_back(concat(folder, '/', name));
    if (!by_folder.emplace(folder, std::make_shared<const PairSource>(set)).second)
      fail(ErrorKind::data, set.location(), ": a second set with the folder name ", folder, ". Rename one of them.");
  }
  // Each set checks its own range.
  const PairSetOptions options{.max_val = max_val, .ratio = first.ratio(), .allow_range = true};
  return PairSource(location, names, options, [by_folder](const std::string& name) {
    const std::size_t slash = name.find('/');
    return by_folder.at(name.substr(0, slash))->load(name.substr(slash + 1));
  });
}

template <Real T>
Tensor<float> scaled_counts(const Tensor<T>& counts, double max_val) {
  const auto values = counts.values();
  Tensor<float> scaled(counts.shape());
  std::transform(values.begin(), values.end(), scaled.mutable_data(),
                 [max_val](T count) { return static_cast<float>(static_cast<double>(count) / max_val); });
  return scaled;
}

template Tensor<float> scaled_counts(const Tensor<float>&, double);
template Tensor<float> scaled_counts(const Tensor<double>&, double);

}  // namespace premix
