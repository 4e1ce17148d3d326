#include "premix/train/evaluation_report.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "premix/io/atomic_file.hpp"

namespace premix {
namespace {

using nlohmann::ordered_json;

std::string text_of(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return ordered_json(value).dump();
}

// JSON has neither NaN nor infinity: the library writes null.
ordered_json readings_json(const std::vector<Reading>& readings) {
  ordered_json result = ordered_json::object();
  for (const auto& [metric, value] : readings) result[metric] = value;
  return result;
}

ordered_json summary_json(const Summary& summary) {
  ordered_json result = ordered_json::object();
  for (const auto& row : summary.rows())
    result[row.metric] = {{"mean", row.mean}, {"std", row.deviation}, {"count", row.count}};
  return result;
}

ordered_json not_finite_json(const Evaluation& scores) {
  ordered_json result = ordered_json::array();
  for (const auto& [method, summary] : {std::pair{"network", &scores.network}, {"up_ms", &scores.up_ms}})
    for (const auto& found : summary->not_finite())
      result.push_back(
          {{"image", found.image}, {"method", method}, {"metric", found.metric}, {"value", text_of(found.value)}});
  return result;
}

ordered_json scores_json(const Evaluation& scores) {
  ordered_json images = ordered_json::array();
  for (const ImageScores& image : scores.images)
    images.push_back({{"name", image.name},
                      {"seconds", image.seconds},
                      {"network", readings_json(image.network)},
                      {"up_ms", readings_json(image.up_ms)}});
  return {{"network", summary_json(scores.network)},
          {"up_ms", summary_json(scores.up_ms)},
          {"images", images},
          {"not_finite", not_finite_json(scores)}};
}

// Quotes a CSV cell that contains a separator, a quote or a line break.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace

void write_json(const std::filesystem::path& path, const EvaluationReport& report) {
  ordered_json document = {
      {"weights", report.weights}, {"data", report.data}, {"max_val", report.max_val}, {"ratio", report.ratio}};
  for (const auto& [protocol, scores] : report.protocols) document[protocol] = scores_json(scores);
  const std::string text = document.dump(2, ' ', /*ensure_ascii=*/false, ordered_json::error_handler_t::replace);
  write_stream_atomically(path, [&](std::ostream& out) { out << text << '\n'; });
}

void write_csv(const std::filesystem::path& path, const EvaluationReport& report) {
  write_stream_atomically(path, [&](std::ostream& out) {
    out << "protocol,image,method,metric,value\n";
    for (const auto& [protocol, scores] : report.protocols)
      for (const ImageScores& image : scores.images) {
        for (const auto& [method, readings] : {std::pair{"network", &image.network}, {"up_ms", &image.up_ms}})
          for (const auto& [metric, value] : *readings)
            out << protocol << ',' << cell(image.name) << ',' << method << ',' << metric << ',' << text_of(value)
                << '\n';
        out << protocol << ',' << cell(image.name) << ",network,seconds," << text_of(image.seconds) << '\n';
      }
  });
}

}  // namespace premix
