#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "premix/core/scalar.hpp"
#include "premix/core/tensor.hpp"

namespace premix {

/// An MS image and the PAN image of the same ground, counts / max_val. R is the ratio: PAN pixels along one MS pixel.
struct ImagePair {
  std::string name;
  Tensor<float> ms;   // (1, H, W, B)
  Tensor<float> pan;  // (1, R*H, R*W, 1)
  /// Place of the PAN's top left corner relative to the MS's, in PAN pixels: 0 for common borders; half a pixel in
  /// Landsat products, which share pixel centres. Reduction with Degradation::mtf accounts for it.
  double pan_row = 0, pan_column = 0;

  /// Returns whether PAN and MS have common borders, within 0.01 PAN pixels.
  bool has_common_borders() const;
};

/// Options of a data set.
struct PairOptions {
  std::optional<double> max_val = {};      // count that becomes 1
  std::optional<std::string> sensor = {};  // sets max_val; leave empty unless the user named it
  std::optional<int> ratio = {};           // default: from the sizes of the first pair
  bool allow_range = false;                // PairSetOptions::allow_range
  std::string ms_folder = "MS_256";        // folders of an NBU_PansharpRSData set
  std::string pan_folder = "PAN_1024";
};

/// What a set of pairs must satisfy.
struct PairSetOptions {
  double max_val = 1;             // count that becomes 1
  std::optional<int> ratio = {};  // default: from the first pair
  bool allow_range = false;       // accept more than 0.1 % of the counts of an image above max_val
};

/// A set of named image pairs, read on request and checked: one PAN band, PAN ratio times as large as MS along both
/// axes, as many MS bands as the first pair, all values finite and, but for 0.1 %, within the range.
class PairSource {
 public:
  /// Reads the pair of a name, unchecked. Called from several threads.
  using Reader = std::function<ImagePair(const std::string& name)>;

  /// location: folder or file, for messages. names: sorted here as byte strings. The first pair is read at once. Throws
  /// a data Error without names, or if the first pair fails the checks.
  PairSource(std::string location, std::vector<std::string> names, const PairSetOptions& options, Reader read);

  const std::string& location() const { return location_; }
  const std::vector<std::string>& names() const { return names_; }
  double max_val() const { return options_.max_val; }  // 0: differs between joined sets
  int ratio() const { return ratio_; }
  std::int64_t bands() const { return bands_; }

  /// Returns the pair of a name. Safe to call from several threads. Throws a data Error that names the image and the
  /// remedy.
  ImagePair load(const std::string& name) const;

 private:
  std::string location_;
  std::vector<std::string> names_;
  PairSetOptions options_;
  int ratio_ = 0;
  std::int64_t bands_ = 0;
  Reader read_;
};

/// Joins sets of the same ratio and bands, each with its own value range. Names become FOLDER/NAME, with the last
/// component of the set's location. max_val() is that of the sets if they agree, else 0. Throws a data Error for sets
/// of different ratios or bands, or two sets with one folder name. One set is returned as it is.
PairSource joined_pairs(std::vector<PairSource> sets);

/// Returns counts / max_val, divided in double and rounded to float like the published code. Not clipped: values above
/// 1 may occur.
template <Real T>
Tensor<float> scaled_counts(const Tensor<T>& counts, double max_val);

}  // namespace premix
