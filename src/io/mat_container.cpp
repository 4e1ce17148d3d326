#include "io/mat_container.hpp"

#include <array>
#include <cstdint>
#include <fstream>

namespace premix::io {

bool mat_file_is_whole(const std::filesystem::path& path) {
  const std::uint64_t size = std::filesystem::file_size(path);
  std::ifstream in(path, std::ios::binary);
  const auto words_at = [&](std::uint64_t offset) {
    std::array<std::uint32_t, 2> words = {};
    in.seekg(static_cast<std::streamoff>(offset));
    in.read(reinterpret_cast<char*>(words.data()), sizeof(words));
    return words;
  };
  // The header ends with the version 0x0100 and the 16-bit number "MI", in either byte order.
  constexpr std::uint64_t header_bytes = 128, tag_bytes = 8;
  constexpr std::uint32_t level5 = 0x4d490100, level5_swapped = 0x494d0001;
  if (size < header_bytes + tag_bytes) return size > 0;
  const std::uint32_t version = words_at(header_bytes - 4)[0];
  if (version != level5 && version != level5_swapped) return true;
  // Elements (type, byte count, bytes) follow the header.
  std::uint64_t offset = header_bytes;
  while (offset < size) {
    if (size - offset < tag_bytes) return false;
    const std::uint32_t stored = words_at(offset)[1];
    const std::uint64_t bytes = version == level5 ? stored : __builtin_bswap32(stored);
    if (bytes > size - offset - tag_bytes) return false;
    offset += tag_bytes + bytes;
  }
  return true;
}

}  // namespace premix::io
