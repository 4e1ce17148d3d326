#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace premix::training {

/// metrics.csv in the format of Lightning's CSVLogger. One column for each name used in any row; missing values are
/// empty cells.
class MetricsCsv {
 public:
  /// Loads the rows of epochs less than `epochs`. No rows if the file is missing. Throws a data Error if a row lacks
  /// its epoch.
  static MetricsCsv load(const std::filesystem::path& path, int epochs);

  using Row = std::vector<std::pair<std::string, std::string>>;  // name, value
  void add(Row row) { rows_.push_back(std::move(row)); }
  void write(const std::filesystem::path& path) const;  // atomically

 private:
  std::vector<Row> rows_;
};

}  // namespace premix::training
