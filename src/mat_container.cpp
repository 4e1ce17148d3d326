#include "mat_container.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>

namespace premix {
namespace {

// Numbers of 32 bits at the given place of a file, in either byte order.
class Words {
 public:
  explicit Words(const std::filesystem::path& path) : in_(path, std::ios::binary), size_(std::filesystem::file_size(path)) {}

  std::uint64_t size() const { return size_; }
  void swap_bytes() { swap_ = true; }

  template <std::size_t Count>
  std::array<std::uint32_t, Count> at(std::uint64_t offset) {
    std::array<std::uint32_t, Count> words = {};
    in_.seekg(static_cast<std::streamoff>(offset));
    in_.read(reinterpret_cast<char*>(words.data()), sizeof(words));
    for (std::uint32_t& word : words)
      if (swap_) word = __builtin_bswap32(word);
    return words;
  }

 private:
  std::ifstream in_;
  std::uint64_t size_;
  bool swap_ = false;
};

// After a header of 128 bytes, elements of (type, byte count, bytes).
bool level5_is_whole(Words& words) {
  constexpr std::uint64_t header_bytes = 128, tag_bytes = 8;
  std::uint64_t offset = header_bytes;
  while (offset < words.size()) {
    if (words.size() - offset < tag_bytes) return false;
    const std::uint64_t bytes = words.at<2>(offset)[1];
    if (bytes > words.size() - offset - tag_bytes) return false;
    offset += tag_bytes + bytes;
  }
  return true;
}

// Arrays of (type, rows, columns, whether complex, length of the name), the name, the numbers. The tens of the type tell a number's size.
bool level4_is_whole(Words& words) {
  constexpr std::uint64_t header_bytes = 20;
  constexpr std::array<std::uint64_t, 6> number_bytes = {8, 4, 4, 2, 2, 1};
  std::uint64_t offset = 0;
  while (offset < words.size()) {
    if (words.size() - offset < header_bytes) return false;
    const auto [type, rows, columns, complex, name_bytes] = words.at<5>(offset);
    const std::uint64_t size_digit = type / 10 % 10, left = words.size() - offset - header_bytes;
    const std::uint64_t numbers = std::uint64_t{rows} * columns;
    if (size_digit >= number_bytes.size() || numbers > left) return false;
    const std::uint64_t bytes = name_bytes + numbers * number_bytes[size_digit] * (complex != 0 ? 2 : 1);
    if (bytes > left) return false;
    offset += header_bytes + bytes;
  }
  return words.size() > 0;
}

}  // namespace

bool mat_file_is_whole(const std::filesystem::path& path) {
  Words words(path);
  // A level 5 file begins with text; a level 4 file with a small number, which has zero bytes.
  const std::uint32_t first = words.at<1>(0)[0];
  std::array<char, 4> bytes;
  std::memcpy(bytes.data(), &first, sizeof(first));
  const bool level4 = std::find(bytes.begin(), bytes.end(), '\0') != bytes.end();
  if (level4) {
    constexpr std::uint32_t largest_type = 4052;
    if (first > largest_type) words.swap_bytes();
    return level4_is_whole(words);
  }
  // Version 0x0100 and the letters "MI" as a number of 16 bits, in either byte order.
  constexpr std::uint32_t level5 = 0x4d490100, level5_swapped = 0x494d0001;
  const std::uint32_t version = words.at<1>(124)[0];
  if (version != level5 && version != level5_swapped) return true;
  if (version == level5_swapped) words.swap_bytes();
  return level5_is_whole(words);
}

}  // namespace premix
