// premix_quality: fuses the scenes of a data folder by networks and classical methods, and prints figures of quality.
// usage: premix_quality DATA [SET...] -- WEIGHTS...    sets: native published mtf landsat8 worldview2

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "bench/quality/measures.hpp"
#include "bench/quality/scenes.hpp"
#include "premix/image/window.hpp"

namespace {

using namespace premix;
using namespace premix::bench;

struct Case {
  std::string name;
  std::map<std::string, Figures> of_method;
};

// Means over the cases, and for each column the mean difference from the best classical method, case by case, with its
// standard error.
void print(const char* title, const std::vector<std::string>& columns, const std::vector<Method>& methods,
           const std::vector<Case>& cases) {
  std::printf("\n%s: %zu cases\n%-36s", title, cases.size(), "");
  for (const auto& column : columns) std::printf(" %12s", column.c_str());
  std::printf("   first column against gsa, mtf-glp: mean difference +- standard error\n");
  const auto count = static_cast<double>(cases.size());
  for (const Method& method : methods) {
    std::printf("%-36s", method.name.substr(0, 36).c_str());
    for (std::size_t column = 0; column < columns.size(); ++column) {
      double mean = 0;
      for (const Case& c : cases) mean += c.of_method.at(method.name)[column] / count;
      std::printf(" %12.4f", mean);
    }
    for (const char* other : {"gsa", "mtf-glp"}) {
      double mean = 0, square = 0;
      for (const Case& c : cases) mean += (c.of_method.at(method.name)[0] - c.of_method.at(other)[0]) / count;
      for (const Case& c : cases)
        square += std::pow(c.of_method.at(method.name)[0] - c.of_method.at(other)[0] - mean, 2);
      std::printf("   %+8.4f +- %.4f", mean, count > 1 ? std::sqrt(square / (count - 1) / count) : 0.0);
    }
    std::printf("\n");
  }
  std::fflush(stdout);
}

template <class Measure>
std::vector<Case> measured(const std::vector<MemoryScene>& scenes, const std::vector<Method>& methods,
                           const Measure& measure) {
  std::vector<Case> cases;
  for (const MemoryScene& scene : scenes) {
    Case& result = cases.emplace_back();
    result.name = scene.name;
    for (const Method& method : methods) result.of_method[method.name] = measure(scene, method.fuse(scene));
  }
  return cases;
}

std::vector<Case> landsat8_cases(const std::vector<MemoryScene>& scenes, const std::vector<Method>& methods) {
  std::vector<Case> cases;
  for (const MemoryScene& scene : scenes) {
    const std::vector<Window> blocks = test_blocks(scene);
    const std::size_t first = cases.size();
    cases.resize(first + blocks.size());
    for (const Method& method : methods) {
      const Tensor<float> fused = method.fuse(scene);
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        MemoryScene block;
        block.truth = crop(scene.truth, blocks[i]);
        const Window ms = {blocks[i].top / 2, blocks[i].left / 2, blocks[i].height / 2, blocks[i].width / 2};
        block.ms = crop(scene.ms, ms);
        block.map = map_by_size({blocks[i].width, blocks[i].height}, {ms.width, ms.height}, Alignment::edges);
        cases[first + i].of_method[method.name] = reduced_figures(block, crop(fused, blocks[i]));
      }
    }
  }
  return cases;
}

void measure(const std::filesystem::path& data, const std::string& set, const std::vector<Method>& methods) {
  if (set == "native")
    print("landsat7-nbu, 60 m to 15 m, against the 30 m bands", native_columns, methods,
          measured(landsat7_native(data / "landsat7-nbu"), methods, native_figures));
  else if (set == "published" || set == "mtf")
    print(set == "mtf" ? "landsat7-nbu reduced by MTF, ratio 4" : "landsat7-nbu reduced as published, ratio 4",
          reduced_columns, methods,
          measured(landsat7_reduced(data / "landsat7-nbu", set == "mtf" ? Reduction::mtf : Reduction::published),
                   methods, reduced_figures));
  else if (set == "landsat8")
    print("Landsat-8 test blocks reduced by MTF, ratio 2", reduced_columns, methods,
          landsat8_cases({landsat8_reduced(data / "landsat8-pensacola"), landsat8_reduced(data / "landsat8-momotombo")},
                         methods));
  else if (set == "worldview2")
    print("worldview2-rotterdam, shift corrected", full_columns(4), methods,
          measured({worldview2(data / "worldview2-rotterdam")}, methods, full_figures));
  else
    fail(ErrorKind::usage, "no set '", set, "'. Use native, published, mtf, landsat8 or worldview2.");
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> sets;
  int next = 2;
  for (; next < argc && std::strcmp(argv[next], "--") != 0; ++next) sets.push_back(argv[next]);
  if (argc < 2) {
    std::fprintf(stderr, "usage: premix_quality DATA [SET...] -- WEIGHTS...\n");
    return 2;
  }
  try {
    std::vector<Method> methods = classical_methods();
    for (int i = next + 1; i < argc; ++i) methods.push_back(network_method(argv[i]));
    if (sets.empty()) sets = {"native", "published", "mtf", "landsat8", "worldview2"};
    for (const std::string& set : sets) measure(argv[1], set, methods);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "premix_quality: %s\n", error.what());
    return 1;
  }
}
