#pragma once

#include <initializer_list>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace premix {

/// Kind of a failure, and the exit code of a program that ends with it.
enum class ErrorKind { runtime = 1, usage = 2, data = 3, device = 4 };

class Message;
class Option;

namespace detail {

struct MessageWriter {
  std::ostream& text;
  Message& message;
};

/// Refers to one part of a message. The type of the part is behind a function, which keeps the callers of fail() small.
class MessagePart {
 public:
  MessagePart(const char* text);
  MessagePart(const Option& option);
  MessagePart(const Message& message);
  template <class T>
  MessagePart(const T& value) : value_(std::addressof(value)), write_(write_value<T>) {}

  void write(MessageWriter& out) const { write_(out, value_); }

 private:
  template <class T>
  static void write_value(MessageWriter& out, const void* value) {
    out.text << *static_cast<const T*>(value);
  }

  const void* value_;
  void (*write_)(MessageWriter& out, const void* value);
};

Message message_of(std::initializer_list<MessagePart> parts);
std::string text_of(std::initializer_list<MessagePart> parts);
[[noreturn]] void fail(ErrorKind kind, std::initializer_list<MessagePart> parts);

}  // namespace detail

/// An option of the library in a message: a field of an options struct, and the value to give it, if any. A program
/// writes its own flag instead, see Message::spelled().
class Option {
 public:
  explicit Option(std::string_view name);
  Option(std::string_view name, detail::MessagePart value);

  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

  /// "max_val", or with a value "max_val = 2047".
  std::string text() const;

 private:
  std::string name_, value_;
};

/// A text for users, one line, and the options that it mentions.
class Message {
 public:
  const std::string& text() const { return text_; }

  /// The options, in order of mention.
  std::vector<Option> options() const;

  /// The text with spelling(option) in place of each option.
  template <class Spelling>
  std::string spelled(const Spelling& spelling) const {
    std::string result;
    std::size_t copied = 0;
    for (const Mention& mention : mentions_) {
      result.append(text_, copied, mention.begin - copied).append(spelling(mention.option));
      copied = mention.begin + mention.option.text().size();
    }
    return result.append(text_, copied);
  }

 private:
  friend class detail::MessagePart;
  friend Message detail::message_of(std::initializer_list<detail::MessagePart> parts);

  struct Mention {
    std::size_t begin;
    Option option;
  };

  std::string text_;
  std::vector<Mention> mentions_;  // in order
};

std::ostream& operator<<(std::ostream& out, const Option& option);
std::ostream& operator<<(std::ostream& out, const Message& message);

/// The one exception type of the library. The message is one line: what is wrong, where, the value, and the remedy.
/// what() names options as C++ does.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, Message message);
  ErrorKind kind() const noexcept { return kind_; }
  const Message& message() const noexcept { return *message_; }

 private:
  ErrorKind kind_;
  std::shared_ptr<const Message> message_;  // shared, as copies of an exception must not throw
};

/// A message made of the parts: options, messages, and what operator<< writes.
template <class... Parts>
Message message(const Parts&... parts) {
  return detail::message_of({parts...});
}

/// The text of a message made of the parts.
template <class... Parts>
std::string concat(const Parts&... parts) {
  return detail::text_of({parts...});
}

/// Throws an Error with a message made of the parts.
template <class... Parts>
[[noreturn]] void fail(ErrorKind kind, const Parts&... parts) {
  detail::fail(kind, {parts...});
}

}  // namespace premix

/// Throws a run-time Error made of the parts unless the condition holds. For the arguments of public functions; always
/// on.
#define PREMIX_CHECK(condition, ...)                                             \
  do {                                                                           \
    if (!(condition)) ::premix::fail(::premix::ErrorKind::runtime, __VA_ARGS__); \
  } while (false)
