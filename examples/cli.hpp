#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>

#include "premix/core/device.hpp"
#include "premix/core/error.hpp"

/// Shared by the programs: spelling of flags, report of errors, choice of the device.
namespace premix::cli {

/// Flags of options that have another name on the command line. Keys are "option" or "option=value":
/// {"data_type", "-ot"}, {"existing=replace", "--overwrite"}.
using FlagNames = std::map<std::string, std::string>;

/// The message with the app's flags in place of the library's options: the flag of that name if `names` has no other.
std::string with_flags(const Message& message, const CLI::App& app, const FlagNames& names);

/// Parses the command line, runs the program, and returns its exit code: 0, or after one line on stderr 1 (run time), 2
/// (usage), 3 (data) or 4 (device). '-' and '_' are the same in the name of a long flag. Adds --version.
int run_program(CLI::App& app, int argc, const char* const* argv, const std::function<void()>& program,
                const FlagNames& names = {});

/// "auto", "cpu", or the index of a GPU. Throws a usage Error for another word, a device Error where this installation
/// can't reach it.
Device device_by_name(const std::string& name);

}  // namespace premix::cli
