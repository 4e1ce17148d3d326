#pragma once

#include <functional>
#include <sstream>
#include <string>
#include <string_view>

namespace premix::detail {

/// The items of a range as operator<< writes them, with a separator between them. text_of: what to write of an item.
template <class Range, class Text = std::identity>
std::string joined(const Range& range, std::string_view separator, const Text& text_of = {}) {
  std::ostringstream text;
  std::string_view before;
  for (const auto& item : range) {
    text << before << std::invoke(text_of, item);
    before = separator;
  }
  return text.str();
}

}  // namespace premix::detail
