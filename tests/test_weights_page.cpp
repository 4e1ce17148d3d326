#include <fstream>
#include <iterator>
#include <sstream>

#include "io/checkpoint/parameters.hpp"
#include "premix/core/text.hpp"
#include "premix/io/checkpoint.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

using namespace premix;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The Python code block of the page.
std::string python_of_page() {
  const std::string page = text_of(std::filesystem::path(PREMIX_SOURCE_DIR) / "docs" / "weights.md"),
                    fence = "```python\n";
  const auto begin = page.find(fence);
  REQUIRE(begin != std::string::npos);
  return page.substr(begin + fence.size(), page.find("```", begin + 3) - begin - fence.size());
}

std::string list_of(const std::vector<std::int64_t>& shape) { return '[' + detail::joined(shape, ", ") + ']'; }

}  // namespace

TEST_CASE("the Python example of docs/weights.md lists names and shapes of weights", "[checkpoint]") {
  if (run_program("/usr/bin/env", {"python3", "-c", ""}).exit_code != 0) PREMIX_SKIP("no python3");
  const ScratchFolder folder;
  const std::string weights = (folder / "w.safetensors").string(), script = (folder / "list.py").string();
  save_weights(weights, PreMix<float>({.bands = 3, .embed_dim = 4, .pf_kernel = 5, .num_layers = 2, .beta = 2}), {});
  std::ofstream(script) << python_of_page();
  const ProgramResult result = run_program("/usr/bin/env", {"python3", script, weights});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);

  std::istringstream lines(result.out);
  std::string line;
  std::getline(lines, line);
  CHECK_THAT(line, contains("'bands': 3") && contains("'pf_kernel': 5") && contains("'activation': 'tanh+relu'"));
  const PreMix<float> model({.bands = 3, .embed_dim = 4, .pf_kernel = 5, .num_layers = 2, .beta = 2});
  int count = 0;
  for_each_parameter(model, [&](const std::string& name, const auto& variable, FileOrder) {
    std::getline(lines, line);
    CHECK(line == name + ' ' + list_of(io::file_shape(name, variable.shape())));
    ++count;
  });
  CHECK(count == 256 + 18);  // 166, 90 for a second layer, and one beta per block
  CHECK(!std::getline(lines, line));
}
