#include "io/checkpoint/training_state.hpp"

#include <nlohmann/json.hpp>

#include "io/checkpoint/metadata.hpp"
#include "io/checkpoint/parameters.hpp"
#include "premix/core/error.hpp"

namespace premix::io {
namespace {

using nlohmann::json;

const std::string mean_prefix = "adam/mean/", square_prefix = "adam/square/", steps_name = "adam/steps",
                  last_prefix = "adam/last/", progress_key = "progress";

std::string progress_text(const TrainingProgress& progress) {
  return json{{"epochs", progress.epochs},
              {"best_psnr_db", progress.best_psnr_db ? json(*progress.best_psnr_db) : json(nullptr)},
              {"best_file", progress.best_file}}
      .dump();
}

TrainingProgress read_progress(const SafetensorsReader& reader) {
  const auto text = reader.metadata().find(progress_key);
  if (text == reader.metadata().end())
    fail(ErrorKind::data, reader.path().string(), ": weights without a training state. Start from them by ",
         Option("init"), " instead of ", Option("start", "resume"), '.');
  try {
    const json document = json::parse(text->second);
    TrainingProgress progress;
    progress.epochs = document.at("epochs").get<int>();
    if (!document.at("best_psnr_db").is_null()) progress.best_psnr_db = document.at("best_psnr_db").get<double>();
    progress.best_file = document.at("best_file").get<std::string>();
    if (progress.epochs >= 0) return progress;
  } catch (const json::exception&) {
  }
  fail(ErrorKind::data, reader.path().string(), ": its progress is unreadable. Train anew by ",
       Option("start", "overwrite"), '.');
}

std::vector<Adam<float>::Moments> read_moments(const SafetensorsReader& reader, const PreMix<float>& model) {
  const auto steps = reader.read<std::int64_t>(steps_name);
  std::vector<Adam<float>::Moments> moments;
  for_each_parameter(model, [&](const std::string& name, const auto& variable, FileOrder order) {
    Adam<float>::Moments& slot = moments.emplace_back();
    if (moments.size() > steps.size()) return;
    slot.steps = steps[moments.size() - 1];
    if (slot.steps == 0) return;
    slot.mean = read_parameter<float>(reader, mean_prefix + name, variable.shape(), order);
    slot.square = read_parameter<float>(reader, square_prefix + name, variable.shape(), order);
  });
  if (steps.size() != moments.size())
    fail(ErrorKind::data, reader.path().string(), ": ", steps.size(), " step counts for ", moments.size(),
         " parameters. Train anew by ", Option("start", "overwrite"), '.');
  return moments;
}

}  // namespace

void save_training_state(const std::filesystem::path& path, const PreMix<float>& model, const WeightsInfo& info,
                         const Adam<float>& adam, const TrainingProgress& progress) {
  SafetensorsWriter writer;
  set_weights_metadata(writer, model.config, info);
  writer.set_metadata(progress_key, progress_text(progress));
  const auto& moments = adam.moments();
  auto slot = moments.begin();
  for_each_parameter(model, [&](const std::string& name, const auto& variable, FileOrder order) {
    const bool averaged = !slot->average.empty();
    const auto used = to_file_layout(name, (averaged ? slot->average : variable.value()).to(cpu()), order);
    writer.add<float>(name, used.shape, used.values);
    ++slot;
    if (!averaged) return;
    const auto last = to_file_layout(name, variable.value().to(cpu()), order);
    writer.add<float>(last_prefix + name, last.shape, last.values);
  });

  std::vector<std::int64_t> steps;
  for_each_parameter(model, [&](const std::string& name, const auto&, FileOrder order) {
    const auto& slot = moments.at(steps.size());
    steps.push_back(slot.steps);
    if (slot.mean.empty()) return;
    const auto mean = to_file_layout(name, slot.mean.to(cpu()), order),
               square = to_file_layout(name, slot.square.to(cpu()), order);
    writer.add<float>(mean_prefix + name, mean.shape, mean.values);
    writer.add<float>(square_prefix + name, square.shape, square.values);
  });
  writer.add<std::int64_t>(steps_name, {static_cast<std::int64_t>(steps.size())}, steps);
  writer.write(path);
}

TrainingState load_training_state(const std::filesystem::path& path) {
  const SafetensorsReader reader(path);
  TrainingProgress progress = read_progress(reader);
  auto [model, info] = load_weights(path);
  auto moments = read_moments(reader, model);
  // Averaged weights were loaded: they are the running means, and the trained weights are stored separately.
  auto slot = moments.begin();
  for_each_parameter(model, [&](const std::string& name, auto& variable, FileOrder order) {
    if (reader.find(last_prefix + name)) {
      slot->average = variable.value();
      variable.mutable_value() = read_parameter<float>(reader, last_prefix + name, variable.shape(), order);
    }
    ++slot;
  });
  return {std::move(model), std::move(info), std::move(moments), std::move(progress)};
}

}  // namespace premix::io
