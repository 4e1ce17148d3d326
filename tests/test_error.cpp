#include "premix/core/error.hpp"

#include "support/catch.hpp"

using namespace premix;

namespace {

std::string in_brackets(const Option& option) { return '<' + option.name() + '|' + option.value() + '>'; }

}  // namespace

TEST_CASE("a message names options as fields with their values") {
  const Message shown = message("pan.tif: no geotransform. Set ", Option("assume_aligned", "edges"), ", or ", 3, '.');
  CHECK(shown.text() == "pan.tif: no geotransform. Set assume_aligned = edges, or 3.");
  CHECK(concat("Set ", Option("max_val", 2047.5), " or ", Option("sensor")) == "Set max_val = 2047.5 or sensor");
}

TEST_CASE("a program writes its own flags in a message") {
  CHECK(message("no option").spelled(in_brackets) == "no option");
  const Message shown = message(Option("lr"), " 0: set ", Option("lr", 0.001), Option("epochs"));
  CHECK(shown.spelled(in_brackets) == "<lr|> 0: set <lr|0.001><epochs|>");
}

TEST_CASE("a message keeps the options of a message that is part of it") {
  const Message inner = message("Set ", Option("max_val"));
  const Message outer = message(Option("sensor"), ": ", inner, " (", inner, ')');
  CHECK(outer.text() == "sensor: Set max_val (Set max_val)");
  CHECK(outer.spelled(in_brackets) == "<sensor|>: Set <max_val|> (Set <max_val|>)");
  REQUIRE(outer.options().size() == 3);
  CHECK(outer.options()[1].name() == "max_val");
}

TEST_CASE("an Error carries its kind and message through copies") {
  try {
    fail(ErrorKind::usage, Option("epochs"), ' ', 0, ": must be above 0");
  } catch (const Error& error) {
    const Error copy = error;
    CHECK(copy.kind() == ErrorKind::usage);
    CHECK(std::string(copy.what()) == "epochs 0: must be above 0");
    CHECK(copy.message().spelled(in_brackets) == "<epochs|> 0: must be above 0");
  }
  CHECK_THROWS_AS([] { PREMIX_CHECK(false, "always"); }(), Error);
}
