#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "premix/train/evaluate.hpp"

namespace premix {

/// An evaluation with the name of its protocol.
struct ProtocolScores {
  std::string protocol;  // "reduced" or "full"
  Evaluation scores;
};

/// Contents of a report file.
struct EvaluationReport {
  std::string weights, data;  // their paths
  double max_val = 0, ratio = 0;
  std::vector<ProtocolScores> protocols;
};

/// Writes the report as JSON, atomically: per protocol the mean, deviation and count of every metric, for the network
/// and up_ms, then the values of each image. Infinite and NaN values are null, and listed under "not_finite" with
/// image, metric and value.
void write_json(const std::filesystem::path& path, const EvaluationReport& report);

/// Writes the values of each image as CSV, atomically: protocol, image, method, metric, value.
void write_csv(const std::filesystem::path& path, const EvaluationReport& report);

}  // namespace premix
