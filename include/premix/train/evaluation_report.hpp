#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "premix/train/evaluate.hpp"

namespace premix {

/// An evaluation under the name of its protocol.
struct ProtocolScores {
  std::string protocol;  // "reduced" or "full"
  Evaluation scores;
};

/// What was measured, for files.
struct EvaluationReport {
  std::string weights, data;  // where they came from
  double max_val = 0, ratio = 0;
  std::vector<ProtocolScores> protocols;
};

/// Writes the report as JSON, atomically: for each protocol the mean, deviation and count of every metric, of the
/// network and of up_ms, then the values of each image. What is not finite is null there and stands under "not_finite"
/// with image, metric and value.
void write_json(const std::filesystem::path& path, const EvaluationReport& report);

/// Writes the values of each image as CSV, atomically: protocol, image, method, metric, value.
void write_csv(const std::filesystem::path& path, const EvaluationReport& report);

}  // namespace premix
