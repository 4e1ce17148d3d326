#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/io/safetensors.hpp"

// Golden files hold inputs, parameters, and results of the published PyTorch code in float32 and float64. See
// tests/golden/README.md. Tests find files by pattern, so a folder may hold other sizes, seeds and configurations of
// the same kinds.
namespace premix::golden {

/// Returns the environment variable PREMIX_GOLDEN_DIR if set, else the folder configured at build time.
std::filesystem::path folder();

/// Returns the name pattern of every kind of file. Tests can list only these patterns. One test fails if a file matches
/// none of them.
const std::vector<std::string>& kinds();

/// Returns whether a file name matches a pattern with * and ?.
bool fits(std::string_view pattern, const std::string& name);

/// Returns the sorted paths in the folder that match the pattern: one of kinds(), or a narrower one.
std::vector<std::filesystem::path> list(std::string_view pattern);

/// A golden file. Tensors of four dimensions are stored as (N, C, H, W) and transposed to (N, H, W, C). Weights thus
/// get the layout of Conv2d and ConvTranspose2d. Vectors become (1, 1, 1, C). Other ranks keep their order, with
/// leading dimensions of 1.
class File {
 public:
  explicit File(const std::filesystem::path& path);

  std::string name() const { return reader_.path().filename().string(); }
  const nlohmann::json& config() const { return config_; }
  const SafetensorsReader& reader() const { return reader_; }
  bool has(std::string_view tensor) const { return reader_.find(tensor) != nullptr; }

  /// Returns the rest of every name that begins with the prefix ("param/", "in/cot.").
  std::vector<std::string> names(std::string_view prefix) const;

  /// Returns the tensor with this full name: "in/x", "param/weight", "out.f64/y".
  template <Real T>
  Tensor<T> tensor(std::string_view name) const;

  /// Checks an output against out.*/name, or a gradient against grad.*/name. The error is the largest difference
  /// divided by the largest golden element. The limit for double, against the float64 run, is 1e-10, or 1e-7 if the
  /// file rounds it to float32. The limit for float, against the float32 run, is 1e-5 for outputs and 1e-4 for
  /// gradients. NaN and infinity must agree with the golden tensor.
  template <Real T>
  void check_output(std::string_view name, const Tensor<T>& actual);
  template <Real T>
  void check_gradient(std::string_view name, const Tensor<T>& actual);

  /// Overload for one number.
  template <Real T>
  void check_output(std::string_view name, T actual) {
    check_output(name, Tensor<T>::full({1, 1, 1, 1}, actual));
  }

  /// Checks with the given limit. kind: "out", "grad", "mid" or "gradsum".
  template <Real T>
  void check(std::string_view kind, std::string_view name, const Tensor<T>& actual, double limit);

  /// Checks that bytes equal out.*/name of the run in T, in the order of the file.
  template <Real T>
  void check_bytes(std::string_view name, std::span<const std::uint8_t> actual);

  /// Fails if an output, gradient or intermediate result of the file was not checked in any precision.
  void check_complete() const;

  int compared() const { return compared_; }

 private:
  template <Real T>
  std::string reference(std::string_view kind, std::string_view name) const;

  SafetensorsReader reader_;
  nlohmann::json config_;
  std::set<std::string> checked_;  // kind/name
  int compared_ = 0;
};

/// Calls fn for each file that matches the pattern. Prints the numbers of files and of compared tensors. Fails if fn
/// compared nothing. Skips the test if no file matches.
void for_each_file(std::string_view pattern, const std::function<void(File&)>& fn);

/// Overload for JSON files. fn returns the number of compared values.
void for_each_json(std::string_view pattern, const std::function<int(const nlohmann::json&)>& fn);

/// Returns max |actual - expected| / max |expected|. The divisor is 1 if expected is zero everywhere. Infinite if
/// shapes, NaN or infinities differ.
template <Real T>
double relative_difference(const Tensor<T>& actual, const Tensor<double>& expected);

/// Returns the elements in the order of the files, (N, C, H, W).
template <Real T>
std::vector<double> channels_first(const Tensor<T>& tensor);

/// Returns four sums of a gradient g in the order of the files, (1, 1, 1, 4): sum g, sum |g|,
/// sqrt(sum g^2), sum g_i cos(i / 10).
Tensor<double> gradient_sums(const std::vector<double>& gradient);

/// Converts filters (N, H, W, B*K*K) from the order of the files to that of the library. Band b and tap t move from
/// channel b*K*K + t to channel t*B + b. taps: K*K.
template <Real T>
Tensor<T> tap_major(const Tensor<T>& filters, std::int64_t taps);

/// Inverse of tap_major().
template <Real T>
Tensor<T> band_major(const Tensor<T>& filters, std::int64_t taps);

}  // namespace premix::golden
