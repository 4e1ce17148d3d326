#include "premix/io/safetensors.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>

#include "premix/core/error.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/scratch.hpp"

using namespace premix;
namespace fs = std::filesystem;

namespace {

std::string length_prefix(std::uint64_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes;
}

// A file with this header and data_bytes bytes of data.
std::string with_header(const std::string& header, std::size_t data_bytes) {
  return length_prefix(header.size()) + header + std::string(data_bytes, '\1');
}

std::string error_of(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  try {
    const SafetensorsReader reader(path);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    return error.what();
  }
  return "no error";
}

template <class T>
void add(SafetensorsWriter& writer, const std::string& name, std::vector<std::int64_t> shape, std::vector<T> values) {
  writer.add<T>(name, std::move(shape), values);
}

}  // namespace

TEST_CASE("a safetensors file is read back to the bit, with its metadata", "[safetensors]") {
  const ScratchFolder folder;
  SafetensorsWriter writer;
  writer.set_metadata("config", R"({"bands": 4, "note": "ä\n"})");
  add<float>(writer, "z", {2, 1, 2}, {1.5f, -0.0f, 3e38f, std::numeric_limits<float>::infinity()});
  add<std::uint8_t>(writer, "bytes", {3}, {0, 7, 255});
  add<double>(writer, "a", {}, {0.1});
  add<std::int64_t>(writer, "step", {1}, {-(std::int64_t{1} << 60)});
  add<float>(writer, "nothing", {0, 3}, {});
  writer.write(folder / "x.safetensors");

  const SafetensorsReader reader(folder / "x.safetensors");
  CHECK(reader.metadata().at("config") == R"({"bands": 4, "note": "ä\n"})");
  CHECK(reader.read<float>("z") == std::vector<float>{1.5f, -0.0f, 3e38f, std::numeric_limits<float>::infinity()});
  CHECK(reader.read<std::uint8_t>("bytes") == std::vector<std::uint8_t>{0, 7, 255});
  CHECK(reader.read<double>("a") == std::vector<double>{0.1});
  CHECK(reader.read<std::int64_t>("step") == std::vector<std::int64_t>{-(std::int64_t{1} << 60)});
  CHECK(reader.read<float>("nothing").empty());
  CHECK(reader.find("z")->shape == std::vector<std::int64_t>{2, 1, 2});
  CHECK(reader.find("a")->shape.empty());
  CHECK(reader.find("absent") == nullptr);
  std::vector<std::string> names;
  for (const auto& entry : reader.entries()) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"z", "bytes", "a", "step", "nothing"});
}

TEST_CASE("the data of a safetensors file begins at a multiple of eight bytes", "[safetensors]") {
  const ScratchFolder folder;
  for (const char* name : {"a", "ab", "abc", "abcdefgh"}) {
    SafetensorsWriter writer;
    add<float>(writer, name, {1}, {1});
    writer.write(folder / "x.safetensors");
    CHECK(fs::file_size(folder / "x.safetensors") % 8 == 4);
  }
}

TEST_CASE("floats widen, doubles narrow, and no other type is converted", "[safetensors]") {
  const ScratchFolder folder;
  SafetensorsWriter writer;
  add<float>(writer, "f", {1}, {0.1f});
  add<double>(writer, "d", {1}, {0.1});
  add<std::uint8_t>(writer, "u", {1}, {1});
  writer.write(folder / "x.safetensors");
  const SafetensorsReader reader(folder / "x.safetensors");
  CHECK(reader.read<double>("f")[0] == static_cast<double>(0.1f));
  CHECK(reader.read<float>("d")[0] == 0.1f);
  CHECK_THROWS_WITH(reader.read<float>("u"), contains("x.safetensors") && contains("U8") && contains("F32 is needed"));
  CHECK_THROWS_WITH(reader.read<std::uint8_t>("f"), contains("F32") && contains("U8 is needed"));
  CHECK_THROWS_WITH(reader.read<float>("g"), contains("x.safetensors") && contains("no tensor g"));
}

TEST_CASE("halves come back to the bit, and widen exactly, subnormal ones too", "[safetensors]") {
  const ScratchFolder folder;
  const std::vector<std::uint16_t> bits = {0x3c00, 0xbc01, 0x7bff, 0x0001, 0x83ff, 0x8000, 0x7c00};
  std::vector<half_t> halves;
  for (const std::uint16_t value : bits) halves.push_back({value});
  SafetensorsWriter writer;
  add<half_t>(writer, "h", {7}, halves);
  add<float>(writer, "f", {1}, {1});
  writer.write(folder / "x.safetensors");

  const SafetensorsReader reader(folder / "x.safetensors");
  CHECK(reader.find("h")->dtype == Dtype::f16);
  CHECK(reader.find("h")->dtype_name == "F16");
  CHECK(reader.find("h")->end - reader.find("h")->begin == 14);
  const auto read = reader.read<half_t>("h");
  CHECK(std::equal(read.begin(), read.end(), bits.begin(), bits.end(),
                   [](half_t half, std::uint16_t expected) { return half.bits == expected; }));
  const std::vector<double> values = {1, -1 - 0x1p-10, 65504, 0x1p-24, -1023 * 0x1p-24, 0, INFINITY};
  CHECK(reader.read<double>("h") == values);
  CHECK(reader.read<float>("h") == std::vector<float>(values.begin(), values.end()));
  CHECK(std::signbit(reader.read<float>("h")[5]));
  CHECK_THROWS_WITH(reader.read<half_t>("f"), contains("F32") && contains("F16 is needed"));
}

TEST_CASE("a tensor of an unsupported type does not prevent reading others", "[safetensors]") {
  const ScratchFolder folder;
  const std::string header =
      R"({"h":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"f":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})";
  CHECK(error_of(folder / "x", with_header(header, 8)) == "no error");
  const SafetensorsReader reader(folder / "x");
  CHECK(reader.find("h")->dtype == Dtype::other);
  CHECK(reader.read<float>("f").size() == 1);
  CHECK_THROWS_WITH(reader.read<float>("h"), contains("BF16"));
}

TEST_CASE("an open safetensors file stays unchanged when its path is overwritten", "[safetensors]") {
  const ScratchFolder folder;
  for (const float value : {1.0f, 2.0f}) {
    SafetensorsWriter writer;
    add<float>(writer, "x", {1}, {value});
    static std::unique_ptr<SafetensorsReader> first;
    writer.write(folder / "x.safetensors");
    if (value == 1.0f) first = std::make_unique<SafetensorsReader>(folder / "x.safetensors");
    CHECK(first->read<float>("x")[0] == 1.0f);
    CHECK(SafetensorsReader(folder / "x.safetensors").read<float>("x")[0] == value);
  }
}

TEST_CASE("a hostile or damaged safetensors file is a one-line data error that names it", "[safetensors]") {
  const auto one = [](const std::string& fields) { return R"({"x":{)" + fields + "}}"; };
  struct Case {
    std::string what, bytes, message;
  };
  const std::vector<Case> cases = {
      {"empty", "", "too short"},
      {"seven bytes", "1234567", "too short"},
      {"header beyond the file", length_prefix(100) + "{}", "100 bytes, the file has 10"},
      {"header of all ones", length_prefix(~std::uint64_t{0}) + "{}", "more than 100000000"},
      {"header of 101 MB", length_prefix(101'000'000) + "{}", "more than 100000000"},
      {"not JSON", with_header("{\"x\": ", 0), "not a JSON object"},
      {"not UTF-8", with_header("{\"\xff\": 1}", 0), "not a JSON object"},
      {"an array", with_header("[]", 0), "not a JSON object"},
      {"deep nesting", with_header(std::string(1'000'000, '['), 0), "not a JSON object"},
      {"deep nesting inside",
       with_header(one(R"("dtype":"F32","shape":)" + std::string(9999, '[') + std::string(9999, ']')), 0),
       "lists in lists"},
      {"a shape of shapes", with_header(one(R"("dtype":"F32","shape":[[1]],"data_offsets":[0,4])"), 4),
       "lists in lists"},
      {"tensor not an object", with_header(R"({"x":3})", 0), "no valid dtype"},
      {"no dtype", with_header(one(R"("shape":[1],"data_offsets":[0,4])"), 4), "no valid dtype"},
      {"dtype a number", with_header(one(R"("dtype":1,"shape":[1],"data_offsets":[0,4])"), 4), "no valid dtype"},
      {"no shape", with_header(one(R"("dtype":"F32","data_offsets":[0,4])"), 4), "no valid shape"},
      {"negative shape", with_header(one(R"("dtype":"F32","shape":[-1,-1],"data_offsets":[0,4])"), 4),
       "no valid shape"},
      {"fractional shape", with_header(one(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"), 4),
       "no valid shape"},
      {"side beyond 63 bits",
       with_header(one(R"("dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4])"), 4), "no valid shape"},
      {"overflowing shape",
       with_header(one(R"("dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0])"), 0), "cannot have 0"},
      {"wrapping shape", with_header(one(R"("dtype":"U8","shape":[4611686018427387905,4],"data_offsets":[0,4])"), 4),
       "cannot have 4"},
      {"no offsets", with_header(one(R"("dtype":"F32","shape":[1])"), 4), "no valid data_offsets"},
      {"three offsets", with_header(one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,8])"), 4),
       "no valid data_offsets"},
      {"negative offset", with_header(one(R"("dtype":"F32","shape":[1],"data_offsets":[-4,0])"), 4),
       "no valid data_offsets"},
      {"offsets reversed", with_header(one(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), 4),
       "ends before it begins"},
      {"fewer bytes than the shape", with_header(one(R"("dtype":"F64","shape":[1],"data_offsets":[0,4])"), 4),
       "cannot have 4 bytes"},
      {"truncated data", with_header(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), 7),
       "take 8 bytes, the file has 7"},
      {"data left over", with_header(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), 9),
       "take 8 bytes, the file has 9"},
      {"a gap before", with_header(one(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])"), 8),
       "begins at byte 4, not at 0"},
      {"overlap",
       with_header(
           R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
           8),
       "begins at byte 4, not at 8"},
      {"a name twice",
       with_header(
           R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
           4),
       "\"x\" twice"},
      {"a field twice", with_header(one(R"("dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4])"), 4),
       "\"shape\" twice"},
      {"metadata not an object", with_header(R"({"__metadata__":[]})", 0), "__metadata__"},
      {"metadata not text", with_header(R"({"__metadata__":{"k":1}})", 0), "no text under \"k\""},
      {"a line break in a name", with_header(R"({"a\nb":3})", 0), R"("a\nb")"},
  };
  const ScratchFolder folder;
  const fs::path path = folder / "hostile.safetensors";
  for (const auto& [what, bytes, message] : cases) {
    INFO(what);
    const std::string error = error_of(path, bytes);
    CHECK_THAT(error, contains(message));
    CHECK(error.starts_with(path.string() + ": "));
    CHECK(std::count(error.begin(), error.end(), '\n') == 0);
  }
}

TEST_CASE("an unreadable safetensors path is a data error", "[safetensors]") {
  const ScratchFolder folder;
  CHECK_THROWS_WITH(SafetensorsReader(folder / "absent"), contains("absent") && contains("No such file"));
  CHECK_THROWS_WITH(SafetensorsReader(folder.path()), contains("not a regular file"));
}

TEST_CASE("a truncated safetensors file does not open", "[safetensors]") {
  const ScratchFolder folder;
  SafetensorsWriter writer;
  add<float>(writer, "x", {2, 2}, {1, 2, 3, 4});
  writer.write(folder / "whole");
  std::ifstream in(folder / "whole", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  for (std::size_t length = 0; length < bytes.size(); ++length)
    CHECK(error_of(folder / "cut", bytes.substr(0, length)) != "no error");
  CHECK(error_of(folder / "cut", bytes) == "no error");
}

TEST_CASE("the safetensors writer refuses contents that cannot be read back", "[safetensors]") {
  const ScratchFolder folder;
  SafetensorsWriter writer;
  add<float>(writer, "x", {1}, {1});
  CHECK_THROWS_WITH(add<float>(writer, "x", {1}, {1}), contains("added before"));
  CHECK_THROWS_WITH(add<float>(writer, "y", {2, 2}, {1}), contains("1 values") && contains("[2,2]"));
  CHECK_THROWS_WITH(add<float>(writer, "y", {-1, -1}, {1}), contains("do not fill"));
  CHECK_THROWS_WITH(add<float>(writer, "__metadata__", {1}, {1}), contains("__metadata__"));
  writer.set_metadata("path", "\xff");
  CHECK_THROWS_WITH(writer.write(folder / "x"), contains("UTF-8"));
  CHECK(fs::is_empty(folder.path()));
}
