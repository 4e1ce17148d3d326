#include "premix/core/error.hpp"

#include <sstream>
#include <utility>

namespace premix {
namespace detail {

MessagePart::MessagePart(const char* text)
    : value_(text),
      write_([](MessageWriter& out, const void* value) { out.text << static_cast<const char*>(value); }) {}

MessagePart::MessagePart(const Option& option)
    : value_(&option), write_([](MessageWriter& out, const void* value) {
        const auto& option = *static_cast<const Option*>(value);
        out.message.mentions_.push_back({static_cast<std::size_t>(out.text.tellp()), option});
        out.text << option;
      }) {}

MessagePart::MessagePart(const Message& message)
    : value_(&message), write_([](MessageWriter& out, const void* value) {
        const auto& part = *static_cast<const Message*>(value);
        const auto begin = static_cast<std::size_t>(out.text.tellp());
        for (const auto& mention : part.mentions_)
          out.message.mentions_.push_back({begin + mention.begin, mention.option});
        out.text << part;
      }) {}

Message message_of(std::initializer_list<MessagePart> parts) {
  Message result;
  std::ostringstream text;
  MessageWriter out{text, result};
  for (const MessagePart& part : parts) part.write(out);
  result.text_ = text.str();
  return result;
}

std::string text_of(std::initializer_list<MessagePart> parts) { return message_of(parts).text(); }

void fail(ErrorKind kind, std::initializer_list<MessagePart> parts) { throw Error(kind, message_of(parts)); }

}  // namespace detail

Option::Option(std::string_view name) : name_(name) {}

Option::Option(std::string_view name, detail::MessagePart value) : name_(name), value_(detail::text_of({value})) {}

std::string Option::text() const { return value_.empty() ? name_ : name_ + " = " + value_; }

std::vector<Option> Message::options() const {
  std::vector<Option> result;
  for (const Mention& mention : mentions_) result.push_back(mention.option);
  return result;
}

std::ostream& operator<<(std::ostream& out, const Option& option) { return out << option.text(); }

std::ostream& operator<<(std::ostream& out, const Message& message) { return out << message.text(); }

Error::Error(ErrorKind kind, Message message)
    : std::runtime_error(message.text()), kind_(kind), message_(std::make_shared<const Message>(std::move(message))) {}

}  // namespace premix
