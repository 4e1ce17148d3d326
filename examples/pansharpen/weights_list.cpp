#include "pansharpen/weights_list.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "premix/core/text.hpp"

namespace premix::cli {
namespace {

constexpr std::size_t columns = 8;
using Row = std::array<std::string, columns>;

Row row_of(const CatalogueWeights& weights) {
  const WeightsInfo& info = weights.info;
  char megabytes[32];
  std::snprintf(megabytes, sizeof megabytes, "%.2f", static_cast<double>(weights.bytes) * 1e-6);
  return {weights.name,
          info.sensors.empty() ? "any" : premix::detail::joined(info.sensors, ", "),
          concat(info.ratio),
          concat(weights.architecture.bands),
          weights_quality_name(info.quality),
          concat(weights.parameters),
          megabytes,
          weights.path.string()};
}

}  // namespace

void print_weights(const WeightsCatalogue& catalogue) {
  std::vector<Row> rows = {{"name", "sensor", "ratio", "bands", "quality", "parameters", "MB", "path"}};
  for (const CatalogueWeights& weights : catalogue.weights()) rows.push_back(row_of(weights));
  std::array<std::size_t, columns> widths = {};
  for (const Row& row : rows)
    for (std::size_t column = 0; column < columns; ++column)
      widths[column] = std::max(widths[column], row[column].size());
  widths.back() = 0;  // no blanks at the ends of lines
  for (const Row& row : rows)
    for (std::size_t column = 0; column < columns; ++column)
      std::printf("%-*s%s", static_cast<int>(widths[column]), row[column].c_str(), column + 1 < columns ? "  " : "\n");
  if (catalogue.weights().empty()) std::printf("no weights are installed\n");
  std::fflush(stdout);
  for (const Message& problem : catalogue.problems()) std::fprintf(stderr, "unusable: %s\n", problem.text().c_str());
}

}  // namespace premix::cli
