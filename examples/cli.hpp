#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "premix/core/device.hpp"

/// What the programs share: how flags are spelled, how errors are told, which device runs.
namespace premix::cli {

/// Parses the command line, runs the program, and returns its exit code: 0, or after one line on stderr 1 (run time), 2
/// (usage), 3 (data) or 4 (device). '-' and '_' are the same in the name of a long flag. Adds --version.
int run_program(CLI::App& app, int argc, const char* const* argv, const std::function<void()>& program);

/// "auto", "cpu", or the index of a GPU. Throws a usage Error for another word, a device Error where this installation
/// can't reach it.
Device device_by_name(const std::string& name);

}  // namespace premix::cli
