#include "io/fail_to_write.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace premix::io {

void fail_to_write(const std::string& path, const ProductPlace& place, const char* what, const GdalErrors& errors) {
  constexpr std::int64_t low_space = 64 << 20;
  const int error = errno;
  std::string reason = errors.message();
  // Other errno values are left over from files that GDAL probed for.
  constexpr std::array relevant = {ENOSPC, EFBIG, EDQUOT, EIO, EROFS};
  if (std::find(relevant.begin(), relevant.end(), error) != relevant.end())
    reason += concat(" (", std::strerror(error), ")");
  const std::int64_t free = place.free_bytes();
  if (free >= 0 && free < low_space)
    reason += concat("; the disk is full, ", free >> 20, " MiB are free in ", place.folder(), ". Make room there.");
  fail(ErrorKind::runtime, path, ": cannot ", what, ": ", reason);
}

}  // namespace premix::io
