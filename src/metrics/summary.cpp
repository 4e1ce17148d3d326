#include "premix/metrics/summary.hpp"

#include <algorithm>
#include <cmath>

#include "metrics/arguments.hpp"

namespace premix {
using namespace metrics;

void Summary::add(const std::string& image, const std::vector<Reading>& readings) {
  for (const auto& [name, value] : readings) {
    Metric& of_name = metric(name);
    if (std::isfinite(value))
      of_name.values.push_back(value);
    else
      not_finite_.push_back({image, name, value});
  }
}

std::vector<Summary::Row> Summary::rows() const {
  std::vector<Row> result;
  for (const auto& [name, values] : metrics_) {
    const double mean = mean_of(values);
    std::vector<double> squares;
    for (const double value : values) squares.push_back((value - mean) * (value - mean));
    result.push_back({name, mean, std::sqrt(mean_of(squares)), static_cast<std::int64_t>(values.size())});
  }
  return result;
}

Summary::Metric& Summary::metric(const std::string& name) {
  const auto found =
      std::find_if(metrics_.begin(), metrics_.end(), [&](const Metric& metric) { return metric.name == name; });
  return found != metrics_.end() ? *found : metrics_.emplace_back(Metric{name, {}});
}

}  // namespace premix
