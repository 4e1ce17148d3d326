#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "premix/metrics/report.hpp"

namespace premix {

/// The metrics of many images. Values that are not finite stay out of mean and deviation, and are kept with the image's
/// name.
class Summary {
 public:
  void add(const std::string& image, const std::vector<Reading>& readings);

  struct Row {
    std::string metric;
    double mean;         // NaN where no value was finite
    double deviation;    // of the population: the root of the mean squared difference to the mean
    std::int64_t count;  // of finite values
  };
  std::vector<Row> rows() const;  // in the order in which the metrics first came

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
