#include "gdal_habits.hpp"

#include <algorithm>
#include <iostream>
#include <list>

namespace premix::cli {

std::vector<const char*> with_two_dashes(int argc, const char* const* argv, const std::vector<std::string>& flags) {
  static std::list<std::string> changed;  // static: the result points to these strings
  std::vector<const char*> result;
  for (const std::string& word : std::vector<std::string>(argv, argv + argc)) {
    const bool known = word.starts_with('-') && std::find(flags.begin(), flags.end(), word.substr(1)) != flags.end();
    result.push_back(known ? changed.emplace_back('-' + word).c_str() : argv[result.size()]);
  }
  return result;
}

void write_gdal_progress(int& printed, double done) {
  // 41 marks: every fourth is a number, the others are dots.
  for (const int due = static_cast<int>(done * 40) + 1; printed < due; ++printed) {
    if (printed % 4 == 0)
      std::cout << printed / 4 * 10;
    else
      std::cout << '.';
    if (printed == 40) std::cout << " - done.\n";
  }
  std::cout << std::flush;
}

}  // namespace premix::cli
