#include "premix/autograd/gradcheck.hpp"
#include "premix/nn/premix.hpp"
#include "support/catch.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

// The initial filters are small. Nine of them in sequence make the gradients of the first sub-models vanish. Larger
// parameters give all nine sub-models a similar influence.
void enlarge(PreMix<double>& model, double filters, double others) {
  for_each_parameter(model, [&](const std::string& name, Variable<double>& parameter, FileOrder) {
    if (name.ends_with("beta")) return;
    const double factor = name.find(".pf_") != std::string::npos ? filters : others;
    double* values = parameter.mutable_value().mutable_data();
    for (std::int64_t i = 0; i < parameter.value().size(); ++i) values[i] *= factor;
  });
}

}  // namespace

TEST_CASE("the gradient of every parameter of the whole network passes the check against finite differences",
          "[premix][gradcheck]") {
  PreMixConfig config{.bands = 2, .embed_dim = 4};
  SECTION("soft masks") {}
  SECTION("trainable masks") {
    config.beta = 2;
    config.activation = Activation::softsign_elu;
  }
  SECTION("hard masks") {
    config.beta = 0.3;
    config.activation = Activation::sigmoid;
  }
  SECTION("no mixing, filters of 5 x 5") {
    config.mixing = false;
    config.pf_kernel = 5;
  }
  SECTION("two layers") {
    config.bands = 1;
    config.num_layers = 2;
    config.activation = Activation::tanh_elu;
  }
  PreMix<double> model(config);
  enlarge(model, 2, 1.5);
  const auto up_ms = testing::uniform_image<double>({1, 12, 16, config.bands}, 0, 1, 1);
  const auto pan = testing::uniform_image<double>({1, 12, 16, 1}, 0, 1, 2);
  const auto predicted = [&] { return std::vector{model(up_ms, pan)}; };

  // One parameter at a time: the tolerance is relative to that parameter's gradients. A random direction includes every
  // element. A direction across a kink shows nothing; then the next seed gives another direction.
  std::size_t checked = 0, kinks = 0;
  for_each_parameter(model, [&](const std::string& name, const Variable<double>& parameter, FileOrder) {
    INFO(name);
    GradcheckResult result;
    for (unsigned seed = 1; seed <= 4 && result.checked == 0; ++seed) {
      result = gradcheck(predicted, {parameter}, {.directions = 1, .step = 2e-5, .seed = seed});
      kinks += result.kinks;
    }
    CHECK(result.worst < 1e-6);
    CHECK(result.checked > 0);
    const bool used =
        !name.starts_with("postconv") && !(model.config.beta == 0.3 && name.find(".ewfm.") != std::string::npos);
    CHECK(parameter.grad().empty() == !used);
    checked += used ? result.checked : 0;
  });
  CHECK(checked > 80);
  CHECK(kinks * 10 < checked);  // few steps cross the corner of a relu
}

}  // namespace premix
