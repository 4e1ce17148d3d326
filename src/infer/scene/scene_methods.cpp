#include "infer/scene/scene_methods.hpp"

#include "infer/scene/scene_facts.hpp"
#include "premix/core/error.hpp"
#include "premix/data/sensors.hpp"

namespace premix::infer {
namespace {

// Value range that the sensor gives to weights for any sensor, and to weights without a range.
std::optional<double> range_of_sensor(const WeightsInfo& weights, const std::optional<std::string>& sensor,
                                      const SceneOptions& options) {
  const bool has_range = weights.max_val > 0 || !weights.scale.empty();
  if (options.max_val || !sensor || (has_range && !weights.sensors.empty())) return std::nullopt;
  for (const Sensor& known : sensors())
    if (same_sensor(known.name, *sensor)) return known.max_val();
  return std::nullopt;
}

MethodChoice choose(const WeightsCatalogue& catalogue, const AutomaticFusion& wanted, const SceneFiles& files,
                    const SceneOptions& options) {
  const SceneFacts facts = facts_of(files, options);
  const std::optional<std::string> sensor = wanted.sensor ? wanted.sensor : facts.sensor;
  const auto [weights, reason] =
      catalogue.choose({.sensor = sensor, .ratio = facts.ratio, .bands = facts.bands, .quality = wanted.quality});
  const bool found = !wanted.sensor && facts.sensor;
  const std::string source = found ? concat("; sensor by ", facts.sensor_source) : "";
  if (!weights) return {.reason = reason + source};
  return {.name = weights->name,
          .weights = weights->path.string(),
          .reason = reason + source,
          .max_val = range_of_sensor(weights->info, sensor, options)};
}

}  // namespace

SceneMethods::SceneMethods(const FusionMethod& method, std::int64_t memory, int back_projections)
    : memory_(memory), back_projections_(back_projections) {
  if (const auto* network = std::get_if<NetworkFusion>(&method)) prepare(*network);
  if (const auto* classical = std::get_if<ClassicalFusion>(&method)) prepare(*classical);
  if (const auto* automatic = std::get_if<AutomaticFusion>(&method)) {
    automatic_ = *automatic;
    catalogue_.emplace();
  }
}

void SceneMethods::prepare(const DecidedMethod& method) {
  prepared_.reset();  // before the next network takes memory
  prepared_ = std::make_shared<const PreparedMethod>(method, memory_, back_projections_);
}

SceneMethods::ForScene SceneMethods::method_for(const SceneFiles& files, const SceneOptions& options) {
  if (!automatic_) return {prepared_};
  MethodChoice choice = choose(*catalogue_, *automatic_, files, options);
  if (prepared_ && prepared_->weights() == choice.weights) return {prepared_, std::move(choice)};
  if (choice.weights.empty())
    prepare(ClassicalFusion{.method = ClassicalMethod::mtf_glp});
  else
    prepare(NetworkFusion{.weights = choice.weights,
                          .device = automatic_->device,
                          .precision = automatic_->precision,
                          .clahe_cell = automatic_->clahe_cell});
  return {prepared_, std::move(choice)};
}

}  // namespace premix::infer
