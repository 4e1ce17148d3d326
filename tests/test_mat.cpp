#include "premix/io/mat.hpp"

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "premix/core/error.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden.hpp"
#include "support/message_of.hpp"
#include "support/scratch.hpp"

using namespace premix;
namespace fs = std::filesystem;

namespace {

// One array of a version 4 file: header of five numbers, name, values column by column. type as in MATLAB's
// documentation of level 4 files: 0 is double, a last digit of 1 is text.
std::string version4(int type, int rows, int columns, int imaginary, const std::string& name,
                     const std::vector<double>& values) {
  const std::array<std::int32_t, 5> header = {type, rows, columns, imaginary,
                                              static_cast<std::int32_t>(name.size()) + 1};
  std::string bytes(reinterpret_cast<const char*>(header.data()), sizeof(header));
  bytes.append(name.c_str(), name.size() + 1);
  return bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
}

void put(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

template <class T>
std::vector<T> values(const Tensor<T>& tensor) {
  return {tensor.values().begin(), tensor.values().end()};
}

Tensor<double> ramp(Shape shape) {
  Tensor<double> result(shape);
  for (std::int64_t i = 0; i < shape.size(); ++i) result.mutable_data()[i] = static_cast<double>(i % 100);
  return result;
}

}  // namespace

TEST_CASE("an array of a .mat file is read row by row, though stored column by column", "[mat]") {
  const ScratchFolder folder;
  put(folder / "a.mat", version4(0, 2, 3, 0, "x", {1, 4, 2, 5, 3, 6}));
  const MatFile file(folder / "a.mat");
  REQUIRE(file.variables().size() == 1);
  CHECK(file.variables()[0].name == "x");
  CHECK(file.variables()[0].type == "double");
  CHECK(file.variables()[0].dims == std::vector<std::int64_t>{2, 3});
  CHECK(file.read<double>("x").shape() == Shape{1, 2, 3, 1});
  CHECK(values(file.read<double>("x")) == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(values(file.read<float>("x")) == std::vector<float>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("arrays of every numeric class survive a round trip through every .mat version", "[mat]") {
  const ScratchFolder folder;
  const std::vector<MatOutput> outputs = {
      {.version = MatVersion::v4}, {.compress = false}, {.compress = true}, {.version = MatVersion::v73}};
  for (MatOutput output : outputs) {
    for (const char* type :
         {"double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"}) {
      const bool wide =
          std::string(type).ends_with("64") || std::string(type) == "int8" || std::string(type) == "uint32";
      if (output.version == MatVersion::v4 && wide) continue;  // version 4 has no such type
      INFO(type << ", version " << static_cast<int>(output.version));
      output.type = type;
      const auto array = ramp(output.version == MatVersion::v4 ? Shape{1, 5, 7, 1} : Shape{1, 5, 7, 3});
      write_mat(folder / "a.mat", "imgMS", array, output);
      const MatFile file(folder / "a.mat");
      REQUIRE(file.find("imgMS") != nullptr);
      if (output.version != MatVersion::v4) CHECK(file.find("imgMS")->type == type);
      CHECK(file.read<double>("imgMS").shape() == array.shape());
      CHECK(values(file.read<double>("imgMS")) == values(array));
    }
  }
}

TEST_CASE("integers in .mat files are rounded half away from zero and clipped", "[mat]") {
  const ScratchFolder folder;
  write_mat(folder / "a.mat", "x", Tensor<double>::from({1, 1, 5, 1}, {-3, 0.5, 1.4, 70000, 65535}),
            {.type = "uint16"});
  CHECK(values(MatFile(folder / "a.mat").read<double>("x")) == std::vector<double>{0, 1, 1, 65535, 65535});
}

TEST_CASE("a .mat variable that is not an image is a data error that describes the variables", "[mat]") {
  const ScratchFolder folder;
  put(folder / "a.mat", version4(0, 1, 1, 0, "imgMS", {1}) + version4(1, 1, 2, 0, "text", {'h', 'i'}) +
                            version4(0, 1, 1, 1, "complex", {1, 2}) + version4(0, 0, 3, 0, "empty", {}));
  const MatFile file(folder / "a.mat");
  const auto error = [&](const char* name) { return message_of(ErrorKind::data, [&] { file.read<float>(name); }); };
  CHECK_THAT(error("I_MS"),
             contains("a.mat: ") && contains("no variable I_MS") && contains("imgMS, text, complex, empty"));
  CHECK_THAT(error("text"), contains("class char"));
  CHECK_THAT(error("complex"), contains("is complex"));
  CHECK_THAT(error("empty"), contains("0 x 3"));
  CHECK(file.find("I_MS") == nullptr);
}

TEST_CASE("an invalid .mat file is a data error that names it", "[mat]") {
  const ScratchFolder folder;
  put(folder / "text.mat",
      "This is some text that no one would take for an array, and long enough to hold a header of 128 bytes. "
      "It goes on and on, until there is enough of it.");
  put(folder / "empty.mat", "");
  fs::create_directory(folder / "folder.mat");
  const auto error = [&](const char* name) {
    return message_of(ErrorKind::data, [&] { MatFile file(folder / name); });
  };
  CHECK_THAT(error("absent.mat"), contains("absent.mat: ") && contains("no such file"));
  CHECK_THAT(error("folder.mat"), contains("folder.mat: ") && contains("no such file"));
  CHECK_THAT(error("text.mat"), contains("text.mat: not a readable .mat file"));
  CHECK_THAT(error("empty.mat"), contains("empty.mat: not a .mat file"));
}

TEST_CASE("a truncated .mat file is a data error and never gives values", "[mat]") {
  const ScratchFolder folder;
  const std::vector<MatOutput> outputs = {
      {.version = MatVersion::v4}, {.compress = false}, {.compress = true}, {.version = MatVersion::v73}};
  for (MatOutput output : outputs) {
    output.type = "uint16";
    write_mat(folder / "whole.mat", "x", ramp({1, 20, 20, output.version == MatVersion::v4 ? 1 : 2}), output);
    CHECK_NOTHROW(MatFile(folder / "whole.mat").read<float>("x"));
    const auto size = fs::file_size(folder / "whole.mat");
    for (std::uintmax_t length = 0; length < size; length += 13) {
      fs::copy_file(folder / "whole.mat", folder / "cut.mat", fs::copy_options::overwrite_existing);
      fs::resize_file(folder / "cut.mat", length);
      INFO("version " << static_cast<int>(output.version) << ", " << length << " of " << size << " bytes");
      CHECK_THAT(message_of(ErrorKind::data, [&] { MatFile(folder / "cut.mat").read<float>("x"); }),
                 contains("cut.mat: "));
    }
  }
}

TEST_CASE("damaged compressed data in a .mat file is an error", "[mat]") {
  const ScratchFolder folder;
  const auto array = ramp({1, 20, 20, 2});
  write_mat(folder / "a.mat", "x", array, {.type = "uint16", .compress = true});
  std::ifstream in(folder / "a.mat", std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  bytes[bytes.size() - 1] = static_cast<char>(~bytes[bytes.size() - 1]);  // in the checksum
  put(folder / "a.mat", bytes);
  CHECK_THAT(message_of(ErrorKind::data, [&] { MatFile(folder / "a.mat").read<float>("x"); }),
             contains("a.mat: ") && contains("damaged"));
}

TEST_CASE("golden: every .mat file of the golden data sets is read completely", "[golden][mat]") {
  int files = 0;
  for (const auto& folder : golden::list("mat_*")) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      INFO(entry.path().string());
      const MatFile file(entry.path());
      REQUIRE_FALSE(file.variables().empty());
      for (const auto& variable : file.variables()) {
        const Shape shape = file.read<double>(variable.name).shape();
        CHECK(shape.h == variable.dims[0]);
        CHECK(shape.w == variable.dims[1]);
      }
      ++files;
    }
  }
  if (files == 0) PREMIX_SKIP("no golden files mat_* in " << golden::folder().string());
  std::cout << "golden: mat_*: " << files << " files read\n";
}
