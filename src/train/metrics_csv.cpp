#include "train/metrics_csv.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <ostream>
#include <sstream>

#include "premix/core/error.hpp"
#include "premix/io/atomic_file.hpp"

namespace premix::training {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  return cells;
}

}  // namespace

MetricsCsv MetricsCsv::load(const std::filesystem::path& path, int epochs) {
  MetricsCsv result;
  std::ifstream in(path);
  std::string line;
  if (!std::getline(in, line)) return result;
  const auto names = cells_of(line);
  while (std::getline(in, line)) {
    const auto cells = cells_of(line);
    Row row;
    for (std::size_t i = 0; i < std::min(names.size(), cells.size()); ++i)
      if (!cells[i].empty()) row.emplace_back(names[i], cells[i]);
    int epoch = -1;
    if (!row.empty()) std::from_chars(row[0].second.data(), row[0].second.data() + row[0].second.size(), epoch);
    if (row.empty() || row[0].first != "epoch" || epoch < 0)
      fail(ErrorKind::data, path.string(), ": a line lacks the epoch. Restore or remove the file.");
    if (epoch < epochs) result.add(std::move(row));
  }
  return result;
}

void MetricsCsv::write(const std::filesystem::path& path) const {
  std::vector<std::string> names;
  for (const Row& row : rows_)
    for (const auto& [name, value] : row)
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  write_stream_atomically(path, [&](std::ostream& out) {
    const auto line = [&](auto&& cell) {
      for (std::size_t i = 0; i < names.size(); ++i) out << (i > 0 ? "," : "") << cell(names[i]);
      out << '\n';
    };
    line([](const std::string& name) { return name; });
    for (const Row& row : rows_)
      line([&](const std::string& name) {
        const auto found = std::find_if(row.begin(), row.end(), [&](const auto& cell) { return cell.first == name; });
        return found == row.end() ? std::string() : found->second;
      });
  });
}

}  // namespace premix::training
