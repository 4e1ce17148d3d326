#pragma once

#include <string>
#include <vector>

namespace premix::cli {

/// The command line with GDAL's long flags of one dash (-of, -co, -ot) as CLI11 wants them, with two.
std::vector<const char*> with_two_dashes(int argc, const char* const* argv, const std::vector<std::string>& flags);

/// GDAL's progress: 0...10...20 up to 100 - done., as it advances.
class GdalProgress {
 public:
  explicit GdalProgress(bool quiet) : quiet_(quiet) {}
  void operator()(double done);

 private:
  bool quiet_;
  int printed_ = 0;  // of 41 marks: a number every fourth, a dot else
};

}  // namespace premix::cli
