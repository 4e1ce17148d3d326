#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace premix::training {

/// metrics.csv in the shape of Lightning's CSVLogger: a column for each name that ever had a value, a cell left empty
/// where there is none.
class MetricsCsv {
 public:
  /// The rows of an earlier file that belong to epochs before this one; none where there is no file. Throws a data
  /// Error.
  static MetricsCsv load(const std::filesystem::path& path, int epochs);

  using Row = std::vector<std::pair<std::string, std::string>>;  // name, value
  void add(Row row) { rows_.push_back(std::move(row)); }
  void write(const std::filesystem::path& path) const;  // atomically

 private:
  std::vector<Row> rows_;
};

}  // namespace premix::training
