#pragma once

#include <filesystem>
#include <string_view>

namespace premix {

/// The path with a leading "~" replaced by the user's home folder, as a shell does it to an argument without quotes. A
/// "~" that no home folder is known for, and "~name", stay as they are.
std::filesystem::path expand_home(std::string_view path);

}  // namespace premix
