#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "premix/metrics/report.hpp"

namespace premix {

/// Metrics of many images. Infinite and NaN values are excluded from mean and deviation, and kept with the name of the
/// image.
class Summary {
 public:
  void add(const std::string& image, const std::vector<Reading>& readings);

  struct Row {
    std::string metric;
    double mean;         // NaN without finite values
    double deviation;    // of the population
    std::int64_t count;  // number of finite values
  };
  std::vector<Row> rows() const;  // in order of first appearance

  struct NotFinite {
    std::string image, metric;
    double value;
  };
  const std::vector<NotFinite>& not_finite() const { return not_finite_; }

 private:
  struct Metric {
    std::string name;
    std::vector<double> values;
  };
  Metric& metric(const std::string& name);

  std::vector<Metric> metrics_;
  std::vector<NotFinite> not_finite_;
};

}  // namespace premix
