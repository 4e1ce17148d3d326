#include "premix/infer/bands.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include "premix/core/error.hpp"
#include "premix/core/text.hpp"

namespace premix {
namespace {

std::string listed(const std::vector<std::string>& names) {
  return detail::joined(names, ", ", [](const std::string& name) { return name.empty() ? "(unnamed)" : name; });
}

[[noreturn]] void fail_undecided(const std::vector<std::string>& wanted, const std::vector<std::string>& found,
                                 const std::string& why) {
  fail(ErrorKind::data, why, ": the weights need ", wanted.size(), " bands (", listed(wanted), "), the MS has ",
       found.size(), " (", listed(found), "). Set ", Option("bands"), ", in the weights' order.");
}

}  // namespace

std::string band_meaning(const std::string& name) {
  static const std::map<std::string, std::string> meanings = {{"b", "blue"},
                                                              {"g", "green"},
                                                              {"r", "red"},
                                                              {"n", "nir"},
                                                              {"nir1", "nir"},
                                                              {"nearinfrared", "nir"},
                                                              {"nearir", "nir"},
                                                              {"nearinfrared1", "nir"},
                                                              {"nearinfrared2", "nir2"},
                                                              {"re", "rededge"},
                                                              {"coastalblue", "coastal"},
                                                              {"coastalaerosol", "coastal"},
                                                              {"c", "coastal"},
                                                              {"y", "yellow"},
                                                              {"shortwaveinfrared1", "swir1"},
                                                              {"shortwaveinfrared2", "swir2"}};
  std::string plain;
  for (const unsigned char c : name)
    if (std::isalnum(c)) plain += static_cast<char>(std::tolower(c));
  const auto meaning = meanings.find(plain);
  return meaning == meanings.end() ? plain : meaning->second;
}

BandMatch match_bands(const std::vector<std::string>& wanted, const std::vector<std::string>& found) {
  std::vector<std::string> meanings;
  for (const std::string& name : found) meanings.push_back(band_meaning(name));
  BandMatch match = {{}, MatchedBy::name};
  for (const std::string& name : wanted) {
    const std::string meaning = band_meaning(name);
    if (meaning.empty()) continue;
    const auto first = std::find(meanings.begin(), meanings.end(), meaning);
    if (first == meanings.end()) continue;
    if (std::find(first + 1, meanings.end(), meaning) != meanings.end())
      fail_undecided(wanted, found, "two MS bands have the name " + name);
    match.bands.push_back(static_cast<int>(first - meanings.begin()) + 1);
  }
  if (match.bands.size() == wanted.size()) return match;
  if (!match.bands.empty()) fail_undecided(wanted, found, "only some MS bands have names of the weights");
  if (wanted.size() != found.size()) fail_undecided(wanted, found, "the MS bands match neither by name nor by number");
  match.by = MatchedBy::position;
  for (std::size_t band = 1; band <= found.size(); ++band) match.bands.push_back(static_cast<int>(band));
  return match;
}

BandMatch numbered_bands(const std::vector<std::string>& wanted, const std::vector<int>& numbers, int found) {
  if (numbers.size() != wanted.size())
    fail(ErrorKind::usage, Option("bands"), " names ", numbers.size(), " bands, the weights need ", wanted.size(), " (",
         listed(wanted), ')');
  for (const int number : numbers)
    if (number < 1 || number > found)
      fail(ErrorKind::usage, Option("bands", number), ": the MS has bands 1 to ", found,
           ", counted over all its files");
  return {numbers, MatchedBy::number};
}

}  // namespace premix
