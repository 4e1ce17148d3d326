#include "cli.hpp"

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "premix/core/cuda.hpp"

namespace premix::cli {
namespace {

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// Returns the app's long flag that equals name, with '-' and '_' equivalent. Returns name if the app has none.
std::string as_defined(const CLI::App& app, const std::string& name) {
  for (const CLI::Option* option : app.get_options())
    for (const std::string& defined : option->get_lnames())
      if (with_underscores(defined) == with_underscores(name)) return "--" + defined;
  return name;
}

// Replaces each long flag in words by the app's spelling.
std::vector<std::string> spelled_as_defined(const CLI::App& app, std::vector<std::string> words) {
  for (std::string& word : words) {
    if (!word.starts_with("--")) continue;
    const std::size_t end = std::min(word.find('='), word.size());
    const std::string defined = as_defined(app, word.substr(2, end - 2));
    if (defined.starts_with("--")) word.replace(0, end, defined);
  }
  return words;
}

std::string flag_of(const Option& option, const CLI::App& app, const FlagNames& names) {
  if (const auto found = names.find(option.name() + '=' + option.value()); found != names.end()) return found->second;
  const auto found = names.find(option.name());
  const std::string flag = found != names.end() ? found->second : as_defined(app, option.name());
  if (!flag.starts_with('-')) return option.text();
  if (option.value().empty()) return flag;
  return flag + (flag.starts_with("--") ? '=' : ' ') + option.value();
}

// Prints the message on one line of stderr.
void print_error(const CLI::App& app, std::string message) {
  std::replace_if(
      message.begin(), message.end(), [](unsigned char c) { return c < ' '; }, ' ');
  std::cerr << app.get_name() << ": error: " << message << '\n';
}

// Warns if cuDNN is missing, because convolutions are slow then.
Device gpu(int index) {
  const Device device = cuda(index);
  on_device(device, [](auto) {});
  if (const std::string problem = cudnn_problem(); !problem.empty())
    std::cerr << "convolutions go without cuDNN, many times slower: " << problem << '\n';
  return device;
}

}  // namespace

std::string with_flags(const Message& message, const CLI::App& app, const FlagNames& names) {
  return message.spelled([&](const Option& option) { return flag_of(option, app, names); });
}

int run_program(CLI::App& app, int argc, const char* const* argv, const std::function<void()>& program,
                const FlagNames& names) {
  app.set_version_flag("--version", app.get_name() + " " PREMIX_VERSION);
  try {
    auto words = spelled_as_defined(app, {argv + std::min(argc, 1), argv + argc});
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    app.parse(std::move(words));
    program();
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    print_error(app, std::string(error.what()) + ". See " + app.get_name() + " --help.");
    return static_cast<int>(ErrorKind::usage);
  } catch (const Error& error) {
    print_error(app, with_flags(error.message(), app, names));
    return static_cast<int>(error.kind());
  } catch (const std::bad_alloc&) {
    print_error(app, "out of memory. Use smaller images or batches.");
  } catch (const std::exception& error) {
    print_error(app, error.what());
  }
  return static_cast<int>(ErrorKind::runtime);
}

Device device_by_name(const std::string& name) {
  if (name == "cpu") return cpu();
  if (name == "auto") return cuda_problem().empty() ? gpu(0) : cpu();
  if (name.empty() || name.size() > 4 || name.find_first_not_of("0123456789") != std::string::npos)
    fail(ErrorKind::usage, "--device ", name, ": unknown device. Use auto, cpu, or the index of a GPU.");
  return gpu(std::stoi(name));
}

}  // namespace premix::cli
