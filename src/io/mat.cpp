#include "premix/io/mat.hpp"

#include "premix/core/error.hpp"
#include "premix/core/text.hpp"
#include "premix/io/atomic_file.hpp"

#if PREMIX_MATIO

#include <matio.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <system_error>

#include "io/mat_container.hpp"

namespace premix {
using namespace io;

namespace {

struct Class {
  const char* name;
  matio_classes id;
  matio_types type;  // of the numbers in memory; MAT_T_UNKNOWN: not a numeric array
};
constexpr std::array<Class, 17> classes = {{{"double", MAT_C_DOUBLE, MAT_T_DOUBLE},
                                            {"single", MAT_C_SINGLE, MAT_T_SINGLE},
                                            {"int8", MAT_C_INT8, MAT_T_INT8},
                                            {"uint8", MAT_C_UINT8, MAT_T_UINT8},
                                            {"int16", MAT_C_INT16, MAT_T_INT16},
                                            {"uint16", MAT_C_UINT16, MAT_T_UINT16},
                                            {"int32", MAT_C_INT32, MAT_T_INT32},
                                            {"uint32", MAT_C_UINT32, MAT_T_UINT32},
                                            {"int64", MAT_C_INT64, MAT_T_INT64},
                                            {"uint64", MAT_C_UINT64, MAT_T_UINT64},
                                            {"char", MAT_C_CHAR, MAT_T_UNKNOWN},
                                            {"cell", MAT_C_CELL, MAT_T_UNKNOWN},
                                            {"struct", MAT_C_STRUCT, MAT_T_UNKNOWN},
                                            {"sparse", MAT_C_SPARSE, MAT_T_UNKNOWN},
                                            {"object", MAT_C_OBJECT, MAT_T_UNKNOWN},
                                            {"function", MAT_C_FUNCTION, MAT_T_UNKNOWN},
                                            {"opaque", MAT_C_OPAQUE, MAT_T_UNKNOWN}}};

const Class* find_class(matio_classes id) {
  const auto found = std::find_if(classes.begin(), classes.end(), [&](const Class& c) { return c.id == id; });
  return found == classes.end() ? nullptr : &*found;
}

// Calls fn with a value of the C++ type of a numeric class. Returns false for other classes.
template <class Fn>
bool with_number_type(matio_types type, Fn&& fn) {
  switch (type) {
    case MAT_T_DOUBLE:
      return fn(double{}), true;
    case MAT_T_SINGLE:
      return fn(float{}), true;
    case MAT_T_INT8:
      return fn(std::int8_t{}), true;
    case MAT_T_UINT8:
      return fn(std::uint8_t{}), true;
    case MAT_T_INT16:
      return fn(std::int16_t{}), true;
    case MAT_T_UINT16:
      return fn(std::uint16_t{}), true;
    case MAT_T_INT32:
      return fn(std::int32_t{}), true;
    case MAT_T_UINT32:
      return fn(std::uint32_t{}), true;
    case MAT_T_INT64:
      return fn(std::int64_t{}), true;
    case MAT_T_UINT64:
      return fn(std::uint64_t{}), true;
    default:
      return false;
  }
}

struct FreeVariable {
  void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};
using Variable = std::unique_ptr<matvar_t, FreeVariable>;

// matio reports damaged compressed data only in its log, which is global.
thread_local std::string matio_error;
void collect_matio_error(int, char* message) { matio_error = message; }

// Version 7.3 is HDF5, and the packaged HDF5 library is not thread-safe. All versions are locked, because the version
// is unknown until the file is open.
std::unique_lock<std::mutex> lock_matio() {
  static std::mutex mutex;
  return std::unique_lock(mutex);
}

std::string listed(const std::vector<std::int64_t>& dims) { return detail::joined(dims, " x "); }

// Converts column-major to channels-last. Element (y, x, c) of a MATLAB array has index (c * w + x) * h + y.
template <class From, class To>
void from_column_major(const From* from, Shape shape, To* to) {
  for (std::int64_t c = 0; c < shape.c; ++c)
    for (std::int64_t x = 0; x < shape.w; ++x)
      for (std::int64_t y = 0; y < shape.h; ++y) to[(y * shape.w + x) * shape.c + c] = static_cast<To>(*from++);
}

}  // namespace

struct MatFile::Handle {
  explicit Handle(mat_t* opened) : file(opened) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    const auto lock = lock_matio();
    Mat_Close(file);
  }

  mat_t* file;
};

MatFile::MatFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path_, ignored)) fail(ErrorKind::data, path_.string(), ": no such file");
  if (!mat_file_is_whole(path_))
    fail(ErrorKind::data, path_.string(), ": not a .mat file, or truncated. Copy it again.");
  const auto lock = lock_matio();
  Mat_LogInitFunc("premix", &collect_matio_error);
  mat_t* file = Mat_Open(path_.c_str(), MAT_ACC_RDONLY);
  if (file == nullptr)
    fail(ErrorKind::data, path_.string(), ": not a readable .mat file. Save it in MATLAB with the option -v7.");
  handle_ = std::make_unique<Handle>(file);
  while (const Variable next{Mat_VarReadNextInfo(file)}) {
    const Class* known = find_class(next->class_type);
    variables_.push_back({next->name != nullptr ? next->name : "",
                          next->isLogical != 0 ? "logical" : (known != nullptr ? known->name : "unknown"),
                          {next->dims, next->dims + std::max(next->rank, 0)}});
  }
}

MatFile::MatFile(MatFile&&) noexcept = default;
MatFile& MatFile::operator=(MatFile&&) noexcept = default;
MatFile::~MatFile() = default;

template <Real T>
Tensor<T> MatFile::read(std::string_view name) const {
  const auto bad = [&](const auto&... parts) { fail(ErrorKind::data, path_.string(), ": ", parts...); };
  const MatVariable* entry = find(name);
  if (entry == nullptr) {
    const std::string names = detail::joined(variables_, ", ", &MatVariable::name);
    bad("no variable ", name, "; variables: ", names.empty() ? "none" : names);
  }
  auto lock = lock_matio();
  if (Mat_GetVersion(handle_->file) != MAT_FT_MAT73) lock.unlock();
  matio_error.clear();
  const Variable variable(Mat_VarRead(handle_->file, entry->name.c_str()));
  if (!variable || !matio_error.empty()) bad("variable ", name, " is unreadable, the file is damaged: ", matio_error);
  const bool image = (variable->rank == 2 || variable->rank == 3) &&
                     std::find(entry->dims.begin(), entry->dims.end(), 0) == entry->dims.end();
  if (!image)
    bad("variable ", name, " is ", listed(entry->dims), ". An image is rows x columns or rows x columns x bands.");
  if (variable->isComplex != 0) bad("variable ", name, " is complex");
  const Shape shape = {1, entry->dims[0], entry->dims[1], variable->rank == 3 ? entry->dims[2] : 1};

  Tensor<T> result;
  const Class* known = find_class(variable->class_type);
  const bool numeric = known != nullptr && with_number_type(known->type, [&]<class Number>(Number) {
                         const bool whole = variable->data != nullptr && variable->data_type == known->type &&
                                            variable->nbytes / sizeof(Number) == static_cast<std::size_t>(shape.size());
                         if (!whole) bad("variable ", name, " is unreadable, the file is damaged");
                         result = Tensor<T>(shape);
                         from_column_major(static_cast<const Number*>(variable->data), shape, result.mutable_data());
                       });
  if (!numeric) bad("variable ", name, " is of class ", entry->type, ", not an array of numbers");
  return result;
}

namespace {

template <class Number>
Number converted(double value) {
  if constexpr (std::is_floating_point_v<Number>) return static_cast<Number>(value);
  constexpr auto lowest = std::numeric_limits<Number>::lowest(), highest = std::numeric_limits<Number>::max();
  const double rounded = std::round(value);
  if (!(rounded > static_cast<double>(lowest))) return lowest;  // also NaN
  return rounded < static_cast<double>(highest) ? static_cast<Number>(rounded) : highest;
}

struct VariableOutput {
  const std::filesystem::path& path;  // for messages
  const std::string& name;
  const Class& type;
  matio_compression compression;
};

template <class Number, Real T>
void write_variable(mat_t* file, const Tensor<T>& array, const VariableOutput& output) {
  const Shape shape = array.shape();
  std::vector<Number> values;
  values.reserve(static_cast<std::size_t>(array.size()));
  for (std::int64_t c = 0; c < shape.c; ++c)
    for (std::int64_t x = 0; x < shape.w; ++x)
      for (std::int64_t y = 0; y < shape.h; ++y) values.push_back(converted<Number>(array(0, y, x, c)));
  std::array<std::size_t, 3> dims = {static_cast<std::size_t>(shape.h), static_cast<std::size_t>(shape.w),
                                     static_cast<std::size_t>(shape.c)};
  const Variable variable(Mat_VarCreate(output.name.c_str(), output.type.id, output.type.type, shape.c == 1 ? 2 : 3,
                                        dims.data(), values.data(), 0));
  PREMIX_CHECK(variable && Mat_VarWrite(file, variable.get(), output.compression) == 0, output.path.string(),
               ": cannot write variable ", output.name);
}

}  // namespace

template <Real T>
void write_mat(const std::filesystem::path& path, const std::string& name, const Tensor<T>& array,
               const MatOutput& output) {
  PREMIX_CHECK(!array.empty() && array.shape().n == 1, path.string(), ": write_mat: an array of shape ", array.shape());
  const auto wanted =
      std::find_if(classes.begin(), classes.end(), [&](const Class& c) { return c.name == output.type; });
  PREMIX_CHECK(wanted != classes.end() && wanted->type != MAT_T_UNKNOWN, path.string(),
               ": write_mat: no numeric class ", output.type);
  const auto version = output.version == MatVersion::v4   ? MAT_FT_MAT4
                       : output.version == MatVersion::v5 ? MAT_FT_MAT5
                                                          : MAT_FT_MAT73;
  PREMIX_CHECK(version != MAT_FT_MAT4 || array.shape().c == 1, path.string(),
               ": write_mat: version 4 cannot hold an array of three dimensions");
  const auto compression = output.compress && version == MAT_FT_MAT5 ? MAT_COMPRESSION_ZLIB : MAT_COMPRESSION_NONE;
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    const auto lock = lock_matio();
    const std::unique_ptr<mat_t, int (*)(mat_t*)> file(Mat_CreateVer(temporary.c_str(), nullptr, version), &Mat_Close);
    PREMIX_CHECK(file, path.string(), ": cannot write this version of .mat files");
    with_number_type(wanted->type, [&]<class Number>(Number) {
      write_variable<Number>(file.get(), array, {path, name, *wanted, compression});
    });
  });
}

}  // namespace premix

#else

namespace premix {

struct MatFile::Handle {};

MatFile::MatFile(std::filesystem::path path) : path_(std::move(path)) {
  fail(ErrorKind::runtime, path_.string(),
       ": this premix was built without matio and cannot read .mat files. Build it with PREMIX_MATIO=ON.");
}
MatFile::MatFile(MatFile&&) noexcept = default;
MatFile& MatFile::operator=(MatFile&&) noexcept = default;
MatFile::~MatFile() = default;

template <Real T>
Tensor<T> MatFile::read(std::string_view) const {
  return {};
}

template <Real T>
void write_mat(const std::filesystem::path& path, const std::string&, const Tensor<T>&, const MatOutput&) {
  fail(ErrorKind::runtime, path.string(),
       ": this premix was built without matio and cannot write .mat files. Build it with PREMIX_MATIO=ON.");
}

}  // namespace premix

#endif

namespace premix {

const MatVariable* MatFile::find(std::string_view name) const {
  const auto found = std::find_if(variables_.begin(), variables_.end(),
                                  [&](const MatVariable& variable) { return variable.name == name; });
  return found == variables_.end() ? nullptr : &*found;
}

#define PREMIX_INSTANTIATE(T)                               \
  template Tensor<T> MatFile::read(std::string_view) const; \
  template void write_mat(const std::filesystem::path&, const std::string&, const Tensor<T>&, const MatOutput&);
PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)
#undef PREMIX_INSTANTIATE

}  // namespace premix
