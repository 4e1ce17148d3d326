#include "premix/io/safetensors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>

#include "core/float_mode.hpp"
#include "premix/core/error.hpp"
#include "premix/io/atomic_file.hpp"
#include "premix/kernels/convert.hpp"

namespace premix {
namespace {

static_assert(std::endian::native == std::endian::little,
              "safetensors files are little-endian and are read as they are");

using nlohmann::json;

constexpr std::uint64_t max_header_bytes = 100'000'000;  // limit of the safetensors library

struct DtypeInfo {
  const char* name;
  Dtype dtype;
  std::uint64_t bytes;
};
constexpr std::array<DtypeInfo, 15> dtypes = {{{"F32", Dtype::f32, 4},
                                               {"F64", Dtype::f64, 8},
                                               {"F16", Dtype::f16, 2},
                                               {"U8", Dtype::u8, 1},
                                               {"I64", Dtype::i64, 8},
                                               {"BOOL", Dtype::other, 1},
                                               {"I8", Dtype::other, 1},
                                               {"F8_E5M2", Dtype::other, 1},
                                               {"F8_E4M3", Dtype::other, 1},
                                               {"I16", Dtype::other, 2},
                                               {"U16", Dtype::other, 2},
                                               {"BF16", Dtype::other, 2},
                                               {"I32", Dtype::other, 4},
                                               {"U32", Dtype::other, 4},
                                               {"U64", Dtype::other, 8}}};

const DtypeInfo* find_dtype(std::string_view name) {
  const auto found =
      std::find_if(dtypes.begin(), dtypes.end(), [&](const DtypeInfo& info) { return info.name == name; });
  return found == dtypes.end() ? nullptr : &*found;
}

const char* name_of(Dtype dtype) {
  return std::find_if(dtypes.begin(), dtypes.end(), [&](const DtypeInfo& info) { return info.dtype == dtype; })->name;
}

template <class T>
constexpr Dtype dtype_of = std::is_same_v<T, float>     ? Dtype::f32
                           : std::is_same_v<T, double>  ? Dtype::f64
                           : std::is_same_v<T, half_t>  ? Dtype::f16
                           : std::is_same_v<T, uint8_t> ? Dtype::u8
                                                        : Dtype::i64;

// Bytes of a tensor; empty if a side is negative or the product overflows 64 bits.
std::optional<std::uint64_t> byte_count(const std::vector<std::int64_t>& shape, std::uint64_t element_bytes) {
  std::uint64_t bytes = element_bytes;
  for (const std::int64_t side : shape)
    if (side < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(side), &bytes)) return std::nullopt;
  return bytes;
}

// Quotes a name as JSON: a name from a file may contain line breaks.
std::string quoted(const std::string& name) { return json(name).dump(); }

// Parser callback that rejects two things accepted by the parser. A key repeated in an object is ambiguous: two readers
// could see different tensors. Nesting deeper than in a valid header would waste memory.
class HeaderGuard {
 public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (depth > 2 && (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start)) {
      problem_ = "lists in lists";
      return false;
    }
    if (event == json::parse_event_t::object_start) open_.emplace_back();
    if (event == json::parse_event_t::object_end) open_.pop_back();
    if (event == json::parse_event_t::key && !open_.back().insert(parsed.get<std::string>()).second)
      problem_ = quoted(parsed.get<std::string>()) + " twice";
    return true;
  }
  const std::string& problem() const { return problem_; }  // empty if the header is valid

 private:
  std::vector<std::set<std::string>> open_;
  std::string problem_;
};

}  // namespace

class SafetensorsReader::File {
 public:
  explicit File(const std::filesystem::path& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) bad("cannot open: ", std::strerror(errno));
    struct stat status = {};
    if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor_);
      bad("not a regular file");
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::close(descriptor_); }

  std::uint64_t size() const { return size_; }

  void read(void* to, std::uint64_t offset, std::uint64_t bytes) const {
    auto* out = static_cast<char*>(to);
    while (bytes > 0) {
      const ssize_t got = ::pread(descriptor_, out, bytes, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) bad("cannot read: ", std::strerror(errno));
      if (got == 0) bad("truncated since it was opened");
      out += got;
      offset += static_cast<std::uint64_t>(got);
      bytes -= static_cast<std::uint64_t>(got);
    }
  }

  template <class... Parts>
  [[noreturn]] void bad(const Parts&... parts) const {
    fail(ErrorKind::data, path_.string(), ": ", parts...);
  }

  /// Reports invalid contents. The remedy is always another file.
  template <class... Parts>
  [[noreturn]] void damaged(const Parts&... parts) const {
    bad("invalid safetensors file: ", parts..., ". Download or write it again.");
  }

  json header() const;
  Entry entry(const std::string& name, const json& fields) const;

 private:
  std::filesystem::path path_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

json SafetensorsReader::File::header() const {
  if (size_ < 8) damaged(size_, " bytes, too short for a header");
  std::uint64_t length = 0;
  read(&length, 0, 8);
  if (length > max_header_bytes) damaged("its header would be ", length, " bytes, more than ", max_header_bytes);
  if (length > size_ - 8) damaged("its header would be ", length, " bytes, the file has ", size_);
  std::string text(length, '\0');
  read(text.data(), 8, length);
  HeaderGuard guard;
  const json header = json::parse(text, std::ref(guard), /*allow_exceptions=*/false);
  if (!header.is_object()) damaged("its header is not a JSON object");
  if (!guard.problem().empty()) damaged("its header has ", guard.problem());
  return header;
}

SafetensorsReader::Entry SafetensorsReader::File::entry(const std::string& name, const json& fields) const {
  const auto field = [&, this](const char* key, bool (*fits)(const json&)) -> const json& {
    const auto found = fields.is_object() ? fields.find(key) : fields.end();
    if (found == fields.end() || !fits(*found)) damaged("tensor ", quoted(name), " has no valid ", key);
    return *found;
  };
  const auto is_side = [](const json& value) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
  };
  const auto is_text = [](const json& value) { return value.is_string(); };
  const auto is_list = [](const json& value) { return value.is_array(); };

  Entry result;
  result.name = name;
  result.dtype_name = field("dtype", is_text).get<std::string>();
  const json& shape = field("shape", is_list);
  const json& offsets = field("data_offsets", is_list);
  if (!std::all_of(shape.begin(), shape.end(), is_side))
    damaged("tensor ", quoted(name), " has no valid shape: ", shape.dump());
  if (offsets.size() != 2 || !std::all_of(offsets.begin(), offsets.end(), is_side))
    damaged("tensor ", quoted(name), " has no valid data_offsets: ", offsets.dump());
  result.shape = shape.get<std::vector<std::int64_t>>();
  result.begin = offsets[0].get<std::uint64_t>();
  result.end = offsets[1].get<std::uint64_t>();
  if (result.begin > result.end) damaged("tensor ", quoted(name), " ends before it begins: ", offsets.dump());

  const DtypeInfo* info = find_dtype(result.dtype_name);
  result.dtype = info != nullptr ? info->dtype : Dtype::other;
  if (info != nullptr && byte_count(result.shape, info->bytes) != result.end - result.begin)
    damaged("tensor ", quoted(name), " of shape ", shape.dump(), " and type ", info->name, " cannot have ",
            result.end - result.begin, " bytes");
  return result;
}

SafetensorsReader::SafetensorsReader(std::filesystem::path path)
    : path_(std::move(path)), file_(std::make_shared<const File>(path_)) {
  const json header = file_->header();
  std::uint64_t header_bytes = 0;
  file_->read(&header_bytes, 0, 8);
  data_start_ = 8 + header_bytes;
  for (const auto& [name, fields] : header.items()) {
    if (name != "__metadata__") {
      entries_.push_back(file_->entry(name, fields));
      continue;
    }
    if (!fields.is_object()) file_->damaged("its __metadata__ is not a JSON object");
    for (const auto& [key, value] : fields.items()) {
      if (!value.is_string()) file_->damaged("its __metadata__ has no text under ", quoted(key));
      metadata_[key] = value.get<std::string>();
    }
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  std::uint64_t expected = 0;
  for (const Entry& entry : entries_) {
    if (entry.begin != expected)
      file_->damaged("tensor ", quoted(entry.name), " begins at byte ", entry.begin, ", not at ", expected);
    expected = entry.end;
  }
  if (expected != file_->size() - data_start_)
    file_->damaged("its tensors take ", expected, " bytes, the file has ", file_->size() - data_start_);
}

const SafetensorsReader::Entry* SafetensorsReader::find(std::string_view name) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

template <class T>
std::vector<T> SafetensorsReader::read(const Entry& entry) const {
  const auto read_as = [&]<class Stored>(Stored) {
    std::vector<Stored> values((entry.end - entry.begin) / sizeof(Stored));
    file_->read(values.data(), data_start_ + entry.begin, entry.end - entry.begin);
    return values;
  };
  if (entry.dtype == dtype_of<T>) return read_as(T{});
  if constexpr (std::is_floating_point_v<T>) {
    const auto convert = [](const auto& values) { return std::vector<T>(values.begin(), values.end()); };
    if (entry.dtype == Dtype::f32) return convert(read_as(float{}));
    if (entry.dtype == Dtype::f64) return convert(read_as(double{}));
    if (entry.dtype == Dtype::f16) {
      const core::SubnormalsKept kept;
      std::vector<T> values;
      for (const half_t value : read_as(half_t{})) values.push_back(widened(value));
      return values;
    }
  }
  file_->bad("tensor ", quoted(entry.name), " is of type ", entry.dtype_name, ", and ", name_of(dtype_of<T>),
             " is needed; convert the file");
}

template <class T>
std::vector<T> SafetensorsReader::read(std::string_view name) const {
  const Entry* entry = find(name);
  if (entry == nullptr) file_->bad("no tensor ", name);
  return read<T>(*entry);
}

void SafetensorsWriter::set_metadata(std::string key, std::string value) {
  metadata_[std::move(key)] = std::move(value);
}

template <class T>
void SafetensorsWriter::add(std::string name, std::vector<std::int64_t> shape, std::span<const T> values) {
  PREMIX_CHECK(byte_count(shape, sizeof(T)) == values.size_bytes(), "SafetensorsWriter::add: ", name, ": ",
               values.size(), " values do not fill its shape ", json(shape).dump());
  PREMIX_CHECK(name != "__metadata__", "SafetensorsWriter::add: ", name, " is reserved");
  for (const Entry& entry : entries_)
    PREMIX_CHECK(entry.name != name, "SafetensorsWriter::add: ", name, " was added before");
  const auto bytes = std::as_bytes(values);
  entries_.push_back({std::move(name), dtype_of<T>, std::move(shape), {bytes.begin(), bytes.end()}});
}

void SafetensorsWriter::write(const std::filesystem::path& path) const {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata_.empty()) header["__metadata__"] = metadata_;
  std::uint64_t offset = 0;
  for (const Entry& entry : entries_) {
    header[entry.name] = {{"dtype", name_of(entry.dtype)},
                          {"shape", entry.shape},
                          {"data_offsets", {offset, offset + entry.bytes.size()}}};
    offset += entry.bytes.size();
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const json::exception&) {
    fail(ErrorKind::runtime, path.string(), ": names and metadata of a safetensors file must be UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  write_stream_atomically(path, [&](std::ostream& out) {
    const std::uint64_t length = text.size();
    out.write(reinterpret_cast<const char*>(&length), sizeof(length));
    out.write(text.data(), static_cast<std::streamsize>(length));
    for (const Entry& entry : entries_)
      out.write(reinterpret_cast<const char*>(entry.bytes.data()), static_cast<std::streamsize>(entry.bytes.size()));
  });
}

#define PREMIX_INSTANTIATE(T)                                                 \
  template std::vector<T> SafetensorsReader::read<T>(const Entry&) const;     \
  template std::vector<T> SafetensorsReader::read<T>(std::string_view) const; \
  template void SafetensorsWriter::add<T>(std::string, std::vector<std::int64_t>, std::span<const T>);
PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)
PREMIX_INSTANTIATE(half_t)
PREMIX_INSTANTIATE(std::uint8_t)
PREMIX_INSTANTIATE(std::int64_t)
#undef PREMIX_INSTANTIATE

}  // namespace premix
