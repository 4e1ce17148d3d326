#include "support/golden.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <numeric>
#include <regex>

#include "support/catch.hpp"

namespace premix::golden {
namespace {

namespace fs = std::filesystem;

constexpr double infinity = std::numeric_limits<double>::infinity();

template <Real T>
Tensor<T> transposed_to_channels_last(const std::vector<T>& values, const std::vector<std::int64_t>& sides) {
  Shape shape;
  if (sides.size() == 4) shape = {sides[0], sides[2], sides[3], sides[1]};
  if (sides.size() != 4) {
    REQUIRE(sides.size() < 4);
    std::int64_t* const ends[] = {&shape.c, &shape.w, &shape.h};
    for (std::size_t i = 0; i < sides.size(); ++i) *ends[i] = sides[sides.size() - 1 - i];
    return Tensor<T>::from(shape, values);
  }
  Tensor<T> result(shape);
  T* out = result.mutable_data();
  for (std::int64_t n = 0; n < shape.n; ++n)
    for (std::int64_t p = 0; p < shape.h * shape.w; ++p)
      for (std::int64_t c = 0; c < shape.c; ++c) *out++ = values[(n * shape.c + c) * shape.h * shape.w + p];
  return result;
}

template <Real T>
Tensor<T> permuted_channels(const Tensor<T>& x, const std::function<std::int64_t(std::int64_t)>& source) {
  Tensor<T> result(x.shape());
  T* out = result.mutable_data();
  for (std::int64_t p = 0; p < x.shape().pixels(); ++p)
    for (std::int64_t c = 0; c < x.shape().c; ++c) *out++ = x.data()[p * x.shape().c + source(c)];
  return result;
}

// Replaces NaN and infinities by null. Python writes them, but JSON lacks them.
nlohmann::json parse_python_json(const std::string& text) {
  static const std::regex not_finite(R"(([:\[,]\s*)(-?Infinity|NaN)\b)");
  return nlohmann::json::parse(std::regex_replace(text, not_finite, "$1null"));
}

// Kind and name of a result: "out" and "y" of "out.f64/y". Empty for inputs and parameters.
struct ResultName {
  std::string kind, name;
};
ResultName split_result(const std::string& tensor) {
  const auto slash = tensor.find('/'), dot = tensor.find('.');
  if (slash == std::string::npos || dot > slash) return {};
  return {tensor.substr(0, dot), tensor.substr(slash + 1)};
}

// With Catch2 2, PREMIX_SKIP returns from this function only. Callers therefore report last.
void report(std::string_view pattern, std::size_t files, int compared, const char* unit) {
  if (files == 0)
    PREMIX_SKIP("no golden files " << pattern << " in " << folder().string() << "; set PREMIX_GOLDEN_DIR");
  std::cout << "golden: " << pattern << ": " << files << " files, " << compared << ' ' << unit << " compared\n";
}

}  // namespace

fs::path folder() {
  const char* set = std::getenv("PREMIX_GOLDEN_DIR");
  return set != nullptr && *set != '\0' ? set : PREMIX_GOLDEN_DIR;
}

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> patterns = {"op_conv2d_*.safetensors",
                                                    "op_convtranspose2d_*.safetensors",
                                                    "op_activations*.safetensors",
                                                    "op_reflect_pad*.safetensors",
                                                    "op_resize_nearest_*.safetensors",
                                                    "op_resize_bicubic_*.safetensors",
                                                    "op_blur_*.safetensors",
                                                    "op_clahe_*.safetensors",
                                                    "op_adam*.safetensors",
                                                    "pf_filters_*.safetensors",
                                                    "pf_with_conv*.safetensors",
                                                    "ewfm_*.safetensors",
                                                    "block_residual_*.safetensors",
                                                    "block_encoder*.safetensors",
                                                    "premixmodel_*.safetensors",
                                                    "full_*.safetensors",
                                                    "train_*.safetensors",
                                                    "metrics_*.safetensors",
                                                    "dataset_*.safetensors",
                                                    "mat_*",
                                                    "splits*.json",
                                                    "init_bounds*.json",
                                                    "manifest.json"};
  return patterns;
}

bool fits(std::string_view pattern, const std::string& name) {
  return ::fnmatch(std::string(pattern).c_str(), name.c_str(), 0) == 0;
}

std::vector<fs::path> list(std::string_view pattern) {
  const bool known =
      std::any_of(kinds().begin(), kinds().end(), [&](const auto& kind) { return fits(kind, std::string(pattern)); });
  if (!known) fail(ErrorKind::usage, "golden files ", pattern, ": add the pattern to golden::kinds() first");
  std::vector<fs::path> found;
  if (fs::is_directory(folder()))
    for (const auto& entry : fs::directory_iterator(folder()))
      if (fits(pattern, entry.path().filename().string())) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

File::File(const fs::path& path) : reader_(path) {
  const auto config = reader_.metadata().find("config");
  if (config != reader_.metadata().end()) config_ = parse_python_json(config->second);
}

std::vector<std::string> File::names(std::string_view prefix) const {
  std::vector<std::string> found;
  for (const auto& entry : reader_.entries())
    if (entry.name.starts_with(prefix)) found.push_back(entry.name.substr(prefix.size()));
  return found;
}

template <Real T>
Tensor<T> File::tensor(std::string_view name) const {
  const auto values = reader_.read<T>(name);
  return transposed_to_channels_last(values, reader_.find(name)->shape);
}

template <Real T>
std::string File::reference(std::string_view kind, std::string_view name) const {
  constexpr bool wide = std::is_same_v<T, double>;
  for (const char* precision : {wide ? ".f64/" : ".f32/", wide ? ".f64r/" : ".f64/", wide ? ".f32/" : ".f64r/"}) {
    const std::string candidate = concat(kind, precision, name);
    if (has(candidate)) return candidate;
  }
  fail(ErrorKind::data, reader_.path().string(), ": no golden tensor ", kind, ".*/", name);
}

template <Real T>
void File::check(std::string_view kind, std::string_view name, const Tensor<T>& actual, double limit) {
  const std::string golden = reference<T>(kind, name);
  INFO(this->name() << ": " << golden << ", shape " << actual.shape());
  CHECK(relative_difference(actual, tensor<double>(golden)) <= limit);
  checked_.insert(concat(kind, '/', name));
  ++compared_;
}

template <Real T>
void File::check_output(std::string_view name, const Tensor<T>& actual) {
  const std::string golden = reference<T>("out", name);
  const bool wide = std::is_same_v<T, double>;
  check("out", name, actual,
        wide && golden.starts_with("out.f64/")    ? 1e-10
        : wide && golden.starts_with("out.f64r/") ? 1e-7
                                                  : 1e-5);
}

template <Real T>
void File::check_gradient(std::string_view name, const Tensor<T>& actual) {
  const std::string golden = reference<T>("grad", name);
  const bool wide = std::is_same_v<T, double>;
  check("grad", name, actual,
        wide && golden.starts_with("grad.f64/")    ? 1e-10
        : wide && golden.starts_with("grad.f64r/") ? 1e-7
                                                   : 1e-4);
}

template <Real T>
void File::check_bytes(std::string_view name, std::span<const std::uint8_t> actual) {
  const std::string golden = reference<T>("out", name);
  const auto expected = reader_.read<std::uint8_t>(golden);
  INFO(this->name() << ": " << golden);
  REQUIRE(actual.size() == expected.size());
  const auto differing =
      std::inner_product(actual.begin(), actual.end(), expected.begin(), 0, std::plus<>(), std::not_equal_to<>());
  CHECK(differing == 0);
  checked_.insert(concat("out/", name));
  ++compared_;
}

void File::check_complete() const {
  std::set<std::string> unchecked;
  for (const auto& entry : reader_.entries()) {
    const auto [kind, name] = split_result(entry.name);
    const std::string key = concat(kind, '/', name);
    if (!kind.empty() && !checked_.contains(key)) unchecked.insert(key);
  }
  INFO(name() << ": unchecked tensors");
  CHECK(unchecked == std::set<std::string>());
}

void for_each_file(std::string_view pattern, const std::function<void(File&)>& fn) {
  const auto paths = list(pattern);
  int compared = 0;
  for (const auto& path : paths) {
    INFO("golden file " << path.filename().string());
    File file(path);
    fn(file);
    CHECK(file.compared() > 0);
    compared += file.compared();
  }
  report(pattern, paths.size(), compared, "tensors");
}

void for_each_json(std::string_view pattern, const std::function<int(const nlohmann::json&)>& fn) {
  const auto paths = list(pattern);
  int compared = 0;
  for (const auto& path : paths) {
    INFO("golden file " << path.filename().string());
    std::ifstream in(path);
    const int here = fn(parse_python_json({std::istreambuf_iterator<char>(in), {}}));
    CHECK(here > 0);
    compared += here;
  }
  report(pattern, paths.size(), compared, "values");
}

template <Real T>
double relative_difference(const Tensor<T>& actual, const Tensor<double>& expected) {
  if (actual.shape() != expected.shape()) return infinity;
  double largest = 0, difference = 0;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    const double a = actual.data()[i], e = expected.data()[i];
    if (std::isfinite(a) && std::isfinite(e)) {
      largest = std::max(largest, std::abs(e));
      difference = std::max(difference, std::abs(a - e));
    } else if (!(a == e || (std::isnan(a) && std::isnan(e)))) {
      return infinity;
    }
  }
  return difference / (largest > 0 ? largest : 1);
}

template <Real T>
std::vector<double> channels_first(const Tensor<T>& tensor) {
  const Shape shape = tensor.shape();
  std::vector<double> values;
  for (std::int64_t n = 0; n < shape.n; ++n)
    for (std::int64_t c = 0; c < shape.c; ++c)
      for (std::int64_t y = 0; y < shape.h; ++y)
        for (std::int64_t x = 0; x < shape.w; ++x) values.push_back(tensor(n, y, x, c));
  return values;
}

Tensor<double> gradient_sums(const std::vector<double>& gradient) {
  double sum = 0, absolute = 0, squares = 0, waves = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    sum += gradient[i];
    absolute += std::abs(gradient[i]);
    squares += gradient[i] * gradient[i];
    waves += gradient[i] * std::cos(0.1 * static_cast<double>(i));
  }
  return Tensor<double>::from({1, 1, 1, 4}, {sum, absolute, std::sqrt(squares), waves});
}

template <Real T>
Tensor<T> tap_major(const Tensor<T>& filters, std::int64_t taps) {
  const std::int64_t bands = filters.shape().c / taps;
  return permuted_channels(filters, [=](std::int64_t channel) { return channel % bands * taps + channel / bands; });
}

template <Real T>
Tensor<T> band_major(const Tensor<T>& filters, std::int64_t taps) {
  const std::int64_t bands = filters.shape().c / taps;
  return permuted_channels(filters, [=](std::int64_t channel) { return channel % taps * bands + channel / taps; });
}

#define PREMIX_INSTANTIATE(T)                                                              \
  template Tensor<T> File::tensor(std::string_view) const;                                 \
  template void File::check(std::string_view, std::string_view, const Tensor<T>&, double); \
  template void File::check_output(std::string_view, const Tensor<T>&);                    \
  template void File::check_gradient(std::string_view, const Tensor<T>&);                  \
  template void File::check_bytes<T>(std::string_view, std::span<const std::uint8_t>);     \
  template double relative_difference(const Tensor<T>&, const Tensor<double>&);            \
  template std::vector<double> channels_first(const Tensor<T>&);                           \
  template Tensor<T> tap_major(const Tensor<T>&, std::int64_t);                            \
  template Tensor<T> band_major(const Tensor<T>&, std::int64_t);
PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)
#undef PREMIX_INSTANTIATE

}  // namespace premix::golden
