#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "premix/core/tensor.hpp"

namespace premix {

/// A variable of a .mat file.
struct MatVariable {
  std::string name;
  std::string type;                // MATLAB's class: "double", "uint16", "logical", "char", "struct", ...
  std::vector<std::int64_t> dims;  // like MATLAB's size(): rows, columns, ...
};

/// An open MATLAB file of version 4, 5, 7 or (if matio has HDF5) 7.3. Errors name the file; their kind is data.
class MatFile {
 public:
  explicit MatFile(std::filesystem::path path);
  MatFile(MatFile&&) noexcept;
  MatFile& operator=(MatFile&&) noexcept;
  ~MatFile();

  const std::filesystem::path& path() const { return path_; }
  const std::vector<MatVariable>& variables() const { return variables_; }
  const MatVariable* find(std::string_view name) const;  // nullptr if absent

  /// Reads a real numeric array of any class: rows x columns -> (1, H, W, 1), rows x columns x C -> (1, H, W, C).
  /// Throws if there is no such variable (the message lists the variables) or it is not such an array.
  template <Real T>
  Tensor<T> read(std::string_view name) const;

 private:
  struct Handle;

  std::filesystem::path path_;
  std::unique_ptr<Handle> handle_;
  std::vector<MatVariable> variables_;
};

enum class MatVersion { v4, v5, v73 };

struct MatOutput {
  std::string type = "double";  // MATLAB's class; integers are rounded half away from zero and clipped to its range
  MatVersion version = MatVersion::v5;
  bool compress = true;  // version 5 only
};

/// Writes one array atomically: (1, H, W, 1) as rows x columns, (1, H, W, C) as rows x columns x C (not in version 4).
template <Real T>
void write_mat(const std::filesystem::path& path, const std::string& name, const Tensor<T>& array,
               const MatOutput& output = {});

}  // namespace premix
