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
};

/// What the user said about a data set.
struct PairOptions {
  std::optional<double> max_val = {};      // the count that becomes 1
  std::optional<std::string> sensor = {};  // only where the user named it: max_val then follows from it
  std::optional<int> ratio = {};           // else from the sizes of the first pair
  std::string ms_folder = "MS_256";        // the folders of an NBU_PansharpRSData set
  std::string pan_folder = "PAN_1024";
};

/// A set of image pairs under their names, each read when it is asked for and checked: one PAN band, PAN ratio times MS
/// along both axes, as many MS bands as the first pair, every value finite.
class PairSource {
 public:
  /// Gives the pair of that name, unchecked. Called from several threads at once.
  using Reader = std::function<ImagePair(const std::string& name)>;

  /// location: the folder or file, for messages. names: sorted here as byte strings. ratio: else from the first pair,
  /// which is read at once. Throws a data Error where there are no names or the first pair fails the checks.
  PairSource(std::string location, std::vector<std::string> names, double max_val, std::optional<int> ratio,
             Reader read);

  const std::string& location() const { return location_; }
  const std::vector<std::string>& names() const { return names_; }
  double max_val() const { return max_val_; }
  int ratio() const { return ratio_; }
  std::int64_t bands() const { return bands_; }

  /// The pair of that name; may be called from several threads at once. Throws a data Error that names the image and
  /// the remedy.
  ImagePair load(const std::string& name) const;

 private:
  std::string location_;
  std::vector<std::string> names_;
  double max_val_ = 1;
  int ratio_ = 0;
  std::int64_t bands_ = 0;
  Reader read_;
};

/// counts / max_val, divided in double and then rounded to float as the published code does. Not clipped: values above
/// 1 may occur.
template <Real T>
Tensor<float> scaled_counts(const Tensor<T>& counts, double max_val);

}  // namespace premix
