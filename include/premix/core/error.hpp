#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace premix {

/// What went wrong, in the terms of a program's exit code.
enum class ErrorKind { runtime = 1, usage = 2, data = 3, device = 4 };

/// The one exception type of the library. The message is one line: what, where, and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// The parts written one after another, as operator<< writes them.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/// Throws an Error made of the parts.
template <class... Parts>
[[noreturn]] void fail(ErrorKind kind, const Parts&... parts) {
  throw Error(kind, concat(parts...));
}

}  // namespace premix

/// Throws a run-time Error made of the parts unless the condition holds. For the arguments of public functions; always
/// on.
#define PREMIX_CHECK(condition, ...)                                             \
  do {                                                                           \
    if (!(condition)) ::premix::fail(::premix::ErrorKind::runtime, __VA_ARGS__); \
  } while (false)
