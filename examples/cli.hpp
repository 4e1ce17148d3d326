#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>

#include "premix/core/device.hpp"
#include "premix/core/error.hpp"

/// Shared by the programs: names of flags, error reports, choice of the device.
namespace premix::cli {

/// Flags whose name differs from the library's option. Keys are "option" or "option=value": {"data_type", "-ot"},
/// {"existing=replace", "--overwrite"}.
using FlagNames = std::map<std::string, std::string>;

/// Returns the text of a message, with the app's flags instead of the library's options. Flags that are not in names
/// have the name of the option.
std::string with_flags(const Message& message, const CLI::App& app, const FlagNames& names);

/// Parses the command line, runs the program, and returns its exit code: 0 (success), 1 (run time), 2 (usage), 3 (data)
/// or 4 (device). Prints an error as one line on stderr. '-' and '_' are equivalent in long flags. Adds --version.
int run_program(CLI::App& app, int argc, const char* const* argv, const std::function<void()>& program,
                const FlagNames& names = {});

/// Parses "auto", "cpu" or the index of a GPU. Throws a usage Error for other names, and a device Error if the device
/// is not available.
Device device_by_name(const std::string& name);

}  // namespace premix::cli
