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

// Golden files: inputs, parameters, and what the published PyTorch code made of them in float32 and float64.
// tests/golden/README.md tells what is in them. Tests find them by pattern, so a folder with other sizes, seeds and
// configurations of the same kinds works as well.
namespace premix::golden {

/// The environment variable PREMIX_GOLDEN_DIR, else the folder set when the tests were built.
std::filesystem::path folder();

/// Every kind of file, as a pattern of its name. A test can only list what stands here, and one test fails on files
/// that match none.
const std::vector<std::string>& kinds();

/// Whether a file's name fits a pattern with * and ?.
bool fits(std::string_view pattern, const std::string& name);

/// The paths in the folder that fit the pattern, one of kinds() or narrower, sorted.
std::vector<std::filesystem::path> list(std::string_view pattern);

/// One golden file. Tensors come as (N, H, W, C): those of four dimensions, stored as (N, C, H, W), are transposed, and
/// so weights come as Conv2d and ConvTranspose2d keep them. Vectors become (1, 1, 1, C); other ranks keep their order,
/// with sides of one before.
class File {
 public:
  explicit File(const std::filesystem::path& path);

  std::string name() const { return reader_.path().filename().string(); }
  const nlohmann::json& config() const { return config_; }
  const SafetensorsReader& reader() const { return reader_; }
  bool has(std::string_view tensor) const { return reader_.find(tensor) != nullptr; }

  /// What follows the prefix ("param/", "in/cot.") in the names that begin with it.
  std::vector<std::string> names(std::string_view prefix) const;

  /// A tensor by its whole name: "in/x", "param/weight", "out.f64/y".
  template <Real T>
  Tensor<T> tensor(std::string_view name) const;

  /// Checks an output against out.*/name, a gradient against grad.*/name: the largest difference over the largest
  /// golden element. double is compared with the float64 run, limit 1e-10 (1e-7 where the file rounds it to float32),
  /// float with the float32 run, limit 1e-5 for outputs and 1e-4 for gradients. NaN and infinity must be where they are
  /// in the golden tensor.
  template <Real T>
  void check_output(std::string_view name, const Tensor<T>& actual);
  template <Real T>
  void check_gradient(std::string_view name, const Tensor<T>& actual);

  /// The same for one number.
  template <Real T>
  void check_output(std::string_view name, T actual) {
    check_output(name, Tensor<T>::full({1, 1, 1, 1}, actual));
  }

  /// The same with another limit, for kind "out", "grad", "mid" or "gradsum".
  template <Real T>
  void check(std::string_view kind, std::string_view name, const Tensor<T>& actual, double limit);

  /// Checks bytes for equality with out.*/name, in the file's order, for the run in T.
  template <Real T>
  void check_bytes(std::string_view name, std::span<const std::uint8_t> actual);

  /// Fails where an output, gradient or intermediate result in the file was never checked, in any precision.
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

/// Calls fn for each file that fits the pattern, and prints how many files and tensors were compared. Fails where fn
/// compared nothing; the test is skipped where no file fits.
void for_each_file(std::string_view pattern, const std::function<void(File&)>& fn);

/// The same for JSON files; fn returns how many values it compared.
void for_each_json(std::string_view pattern, const std::function<int(const nlohmann::json&)>& fn);

/// max |actual - expected| / max |expected| (over 1 where expected is all zero). Infinite where shapes, NaN or
/// infinities differ.
template <Real T>
double relative_difference(const Tensor<T>& actual, const Tensor<double>& expected);

/// The numbers in the files' order, (N, C, H, W).
template <Real T>
std::vector<double> channels_first(const Tensor<T>& tensor);

/// Four numbers that stand for a gradient g in the files' order: sum g, sum |g|, sqrt(sum g^2), sum g_i cos(i / 10).
/// (1, 1, 1, 4).
Tensor<double> gradient_sums(const std::vector<double>& gradient);

/// Filters (N, H, W, B*K*K) from the files' order, band b and tap t in channel b*K*K + t, to the library's, t*B + b.
/// taps: K*K.
template <Real T>
Tensor<T> tap_major(const Tensor<T>& filters, std::int64_t taps);

/// The way back.
template <Real T>
Tensor<T> band_major(const Tensor<T>& filters, std::int64_t taps);

}  // namespace premix::golden
