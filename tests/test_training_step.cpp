#include "premix/nn/premix.hpp"
#include "premix/ops/l1_loss.hpp"
#include "premix/optim/adam.hpp"
#include "premix/optim/step_lr.hpp"
#include "support/catch.hpp"
#include "support/golden_module.hpp"

namespace premix {
namespace {

constexpr std::string_view after_first = "after1/", at_the_end = "final/";

template <Real T>
struct Batch {
  Tensor<T> up_ms, pan, target;
};

template <Real T>
std::vector<Batch<T>> batches(const golden::File& file) {
  std::vector<Batch<T>> result;
  for (std::size_t i = 0; file.has(concat("in/gt.", i)); ++i)
    result.push_back({file.tensor<T>(concat("in/up_ms.", i)), file.tensor<T>(concat("in/pan.", i)), file.tensor<T>(concat("in/gt.", i))});
  REQUIRE_FALSE(result.empty());
  return result;
}

// Compares the parameters that the file keeps under out.*/PREFIX. In double alone: where a gradient is near 0, rounding decides the sign of
// Adam's step.
template <Real T>
void check_parameters(golden::File& file, std::string_view prefix, const PreMix<T>& model) {
  if constexpr (std::is_same_v<T, double>) {
    for_each_parameter(model, [&](const std::string& name, const auto& parameter, FileOrder order) {
      const std::string kept = concat(prefix, name);
      if (golden::has_result(file, "out", kept)) file.check_output(kept, golden::in_file_order(name, parameter.value(), order));
    });
  }
}

template <Real T>
void check_golden(golden::File& file) {
  const nlohmann::json& config = file.config();
  PreMix<T> model(golden::architecture(config));
  golden::read_parameters(file, model);
  Adam<T> adam(parameters(model),
               {.lr = config.at("lr"), .beta1 = config.at("betas")[0], .beta2 = config.at("betas")[1], .epsilon = config.at("eps")});
  const StepLr schedule{
      .initial = config.at("lr"), .step_size = config.at("steplr").at("step_size"), .gamma = config.at("steplr").at("gamma")};
  const auto data = batches<T>(file);
  const auto loss_of = [&](const Batch<T>& batch) { return l1_loss(model(batch.up_ms, batch.pan), batch.target); };

  const int steps = config.at("steps");
  std::vector<T> losses;
  std::vector<double> rates;
  for (int step = 0; step < steps; ++step) {  // the schedule is stepped after every step, as after an epoch of one
    adam.set_lr(schedule.at(step));
    rates.push_back(adam.lr());
    const auto loss = loss_of(data[static_cast<std::size_t>(step) % data.size()]);
    losses.push_back(loss.value().item());
    adam.zero_grad();
    loss.backward();
    adam.step();
    if (step == 0) check_parameters(file, after_first, model);
  }
  losses.push_back(loss_of(data[0]).value().item());
  check_parameters(file, at_the_end, model);
  file.check_output("losses", Tensor<T>::from({1, 1, 1, steps + 1}, losses));
  if constexpr (std::is_same_v<T, double>) file.check_output("lrs", Tensor<double>::from({1, 1, 1, steps}, rates));
}

}  // namespace

TEST_CASE("golden: a training by Adam follows that of the published code", "[premix][golden]") {
  golden::for_each_file("train_*.safetensors", [](golden::File& file) {
    check_golden<float>(file);
    check_golden<double>(file);
    file.check_complete();
  });
}

}  // namespace premix
