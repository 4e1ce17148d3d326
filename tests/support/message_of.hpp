#pragma once

#include <string>

#include "premix/core/error.hpp"
#include "support/catch.hpp"

/// The message of the Error that fn throws, after a check of its kind and that it is one line; a text that fits nothing
/// where fn throws none.
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
