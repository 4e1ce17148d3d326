#pragma once

#include <string>

#include "premix/core/error.hpp"
#include "support/catch.hpp"

/// Returns the message of the Error that fn throws. Checks its kind, and that the message is one line. Without an
/// Error, returns a text that no check expects.
template <class Fn>
std::string message_of(premix::ErrorKind kind, Fn&& fn) {
  try {
    fn();
  } catch (const premix::Error& error) {
    const std::string message = error.what();
    INFO(message);
    CHECK(error.kind() == kind);
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  return "(no error)";
}
