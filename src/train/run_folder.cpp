#include "premix/train/run_folder.hpp"

#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <regex>
#include <system_error>
#include <vector>

#include "premix/core/error.hpp"
#include "premix/io/atomic_file.hpp"

namespace premix {
namespace {

namespace fs = std::filesystem;

// Formats a number as Python does: 0.1, 2.0, 1e-05.
std::string python_text(double value) {
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  char text[64];
  const auto end =
      std::to_chars(text, text + sizeof text, value, plain ? std::chars_format::fixed : std::chars_format::scientific)
          .ptr;
  const std::string result(text, end);
  return plain && result.find('.') == std::string::npos ? result + ".0" : result;
}

bool is_best_weights(const std::string& name) {
  static const std::regex pattern(R"(ep=\d+_PSNR=-?\d+\.\d{4}\.safetensors)");
  return std::regex_match(name, pattern);
}

bool is_picture(const std::string& name) {
  static const std::regex pattern(R"(\d+\.png)");
  return std::regex_match(name, pattern);
}

// An interrupted write leaves its temporary folder.
bool is_left_over(const std::string& name) { return name.starts_with(".premix-"); }

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder, error)) entries.push_back(entry.path());
  return entries;
}

// path: a missing folder. Its nearest existing parent must be writable.
void check_can_make_folder(const fs::path& path) {
  std::error_code ignored;
  fs::path nearest = fs::absolute(path, ignored);
  while (nearest.has_relative_path() && !fs::exists(nearest, ignored)) nearest = nearest.parent_path();
  PREMIX_CHECK(fs::is_directory(nearest, ignored) && ::access(nearest.c_str(), W_OK | X_OK) == 0, path.string(),
               ": cannot create: ", nearest.string(), " is not a writable folder. Choose another folder.");
}

void discard(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  PREMIX_CHECK(!error, path.string(), ": cannot remove: ", error.message());
}

}  // namespace

std::string run_folder_name(const RunName& name) {
  const PreMixConfig& network = name.network;
  return concat("log_m=PreMixHuge_s=", name.sensor, "_l=", network.num_layers, "_d=", network.embed_dim,
                "_k=", network.kernel_size, "_pfk=", network.pf_kernel, "_EWFM=", network.mixing ? "True" : "False",
                "_b=", network.beta ? python_text(*network.beta) : "None",
                "_a=", name.activation ? activation_name(*name.activation) : "None");
}

std::string RunFolder::best_name(int epoch, double psnr_db) {
  char text[64];
  std::snprintf(text, sizeof text, "ep=%d_PSNR=%.4f.safetensors", epoch, psnr_db);
  return text;
}

void RunFolder::check(Start start) const {
  std::error_code ignored;
  if (!fs::exists(path_, ignored)) return check_can_make_folder(path_);
  PREMIX_CHECK(fs::is_directory(path_, ignored), path_.string(),
               ": exists, but is not a folder. Choose another folder.");
  check_can_write(last(), Existing::replace);
  if (start == Start::overwrite) return;
  if (fs::exists(last(), ignored)) {
    if (start == Start::resume) return;
    fail(ErrorKind::usage, path_.string(), ": holds a training already. Continue it by ", Option("start", "resume"),
         ", begin anew by ", Option("start", "overwrite"), ", or choose another folder.");
  }
  for (const fs::path& entry : entries_of(path_))
    if (is_best_weights(entry.filename().string()))
      fail(ErrorKind::usage, path_.string(), ": holds ", entry.filename().string(),
           " but no last.safetensors to resume from. Begin anew by ", Option("start", "overwrite"),
           ", or choose another folder.");
}

void RunFolder::prepare(Start start) const {
  const fs::path pictures = picture(0).parent_path();
  std::error_code error;
  fs::create_directories(pictures, error);
  PREMIX_CHECK(!error, pictures.string(), ": cannot create: ", error.message(), ". Choose another folder.");
  // The training state first: without it, a partly cleared folder cannot be resumed.
  if (start != Start::resume)
    for (const fs::path& file : {last(), metrics(), manifest()}) discard(file);
  for (const fs::path& folder : {path_, pictures})
    for (const fs::path& entry : entries_of(folder)) {
      const std::string name = entry.filename().string();
      const bool written_before = folder == pictures ? is_picture(name) : is_best_weights(name);
      if (is_left_over(name) || (start != Start::resume && written_before)) discard(entry);
    }
}

void RunFolder::keep_best(const std::string& name) const {
  for (const fs::path& entry : entries_of(path_))
    if (const std::string found = entry.filename().string(); is_best_weights(found) && found != name) discard(entry);
}

}  // namespace premix
