#include "cuda/on_device.hpp"
#include "golden_checks/adam.hpp"
#include "premix/optim/adam.hpp"
#include "support/contains.hpp"

namespace premix {
namespace {

using testing::gpu;

// One number; less than a pack; packs with a remainder; about one, two and five chunks of a block.
const std::vector<Shape> shapes = {{1, 1, 1, 1},    {1, 1, 1, 3},   {8, 3, 3, 4},  {1, 1, 1, 36}, {1, 1, 1, 2047},
                                   {1, 1, 1, 2048}, {1, 3, 683, 1}, {3, 7, 9, 11}, {32, 3, 3, 36}};

template <Real T>
std::vector<Variable<T>> parameters_on(Device device) {
  std::vector<Variable<T>> parameters;
  for (std::size_t i = 0; i < shapes.size(); ++i)
    parameters.push_back(testing::moved(testing::leaf<T>(shapes[i], static_cast<std::uint32_t>(i)), device));
  return parameters;
}

// Sets the gradients of this step: very small to very large, and zeros. Parameter 3 gets none. Parameter 1 starts one
// step later.
template <Real T>
void set_gradients(std::vector<Variable<T>>& parameters, int step) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].zero_grad();
    if (i == 3 || (i == 1 && step == 0)) continue;
    auto gradient = testing::uniform_image<T>(
        shapes[i], -1, 1, static_cast<std::uint32_t>(100 + 10 * step) + static_cast<std::uint32_t>(i));
    for (std::int64_t k = 0; k < gradient.size(); ++k)
      gradient.mutable_data()[k] *= k % 7 == 0 ? T(0) : static_cast<T>(std::pow(10.0, k % 5 * 4 - 12));
    parameters[i].backward(gradient.to(parameters[i].device()));
  }
}

// Returns all parameters, moments and averages.
template <Real T>
std::vector<Tensor<T>> state_of(const std::vector<Variable<T>>& parameters, const Adam<T>& adam) {
  std::vector<Tensor<T>> state;
  for (const auto& parameter : parameters) state.push_back(parameter.value().to(cpu()));
  for (const auto& moments : adam.moments())
    if (!moments.mean.empty()) {
      state.push_back(moments.mean.to(cpu()));
      state.push_back(moments.square.to(cpu()));
      if (!moments.average.empty()) state.push_back(moments.average.to(cpu()));
    }
  return state;
}

template <Real T>
void check_same_bits(const std::vector<Tensor<T>>& a, const std::vector<Tensor<T>>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO("tensor " << i << ' ' << a[i].shape());
    CHECK(testing::same_bits(a[i], b[i]));
  }
}

}  // namespace

TEST_CASE("golden: Adam on a GPU matches the published code's framework", "[cuda][adam][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::check_adam_files(gpu());
}

TEMPLATE_TEST_CASE("Adam's steps on a GPU match the CPU to the bit for parameters of all sizes", "[cuda][adam]", float,
                   double) {
  PREMIX_REQUIRE_GPU();
  const auto run = [](Device device) {
    auto parameters = parameters_on<TestType>(device);
    Adam<TestType> adam(parameters, {.lr = 0.01});
    for (int step = 0; step < 3; ++step) {
      set_gradients(parameters, step);
      adam.step();
    }
    for (const auto& moments : adam.moments()) CHECK((moments.mean.empty() || moments.mean.device() == device));
    return state_of(parameters, adam);
  };
  check_same_bits(run(gpu()), run(cpu()));
}

TEMPLATE_TEST_CASE("averages of parameters on a GPU match the CPU to the bit", "[cuda][adam]", float, double) {
  PREMIX_REQUIRE_GPU();
  const auto run = [](Device device) {
    auto parameters = parameters_on<TestType>(device);
    Adam<TestType> adam(parameters, {.lr = 0.01, .average = 0.3});
    for (int step = 0; step < 3; ++step) {
      set_gradients(parameters, step);
      adam.step();
    }
    CHECK(adam.moments().front().average.device() == device);
    return state_of(parameters, adam);
  };
  check_same_bits(run(gpu()), run(cpu()));
}

// More parameters than one launch takes.
TEMPLATE_TEST_CASE("clipping on a GPU equals that of the CPU up to rounding, with the same bits each time",
                   "[cuda][adam]", float, double) {
  PREMIX_REQUIRE_GPU();
  constexpr std::size_t count = 150;
  const auto run = [](Device device) {
    std::vector<Variable<TestType>> parameters;
    for (std::size_t i = 0; i < count; ++i)
      parameters.push_back(
          testing::moved(testing::leaf<TestType>(shapes[i % shapes.size()], static_cast<std::uint32_t>(i)), device));
    Adam<TestType> adam(parameters, {.lr = 0.01, .clip_norm = 0.25});
    for (std::uint32_t step = 0; step < 3; ++step) {
      for (std::size_t i = 0; i < count; ++i) {
        parameters[i].zero_grad();
        parameters[i].backward(
            testing::uniform_image<TestType>(parameters[i].shape(), -1, 1, 1000 * step + static_cast<std::uint32_t>(i))
                .to(device));
      }
      adam.step();
    }
    return state_of(parameters, adam);
  };
  const auto there = run(gpu()), here = run(cpu());
  check_same_bits(there, run(gpu()));
  REQUIRE(there.size() == here.size());
  const double limit = std::is_same_v<TestType, float> ? 1e-6 : 1e-14;
  for (std::size_t i = 0; i < there.size(); ++i) {
    CAPTURE(i);
    CHECK(testing::largest_difference(there[i], here[i]) < limit);
  }
}

TEST_CASE("clipping on a GPU keeps short gradients to the bit, and passes NaN on", "[cuda][adam]") {
  PREMIX_REQUIRE_GPU();
  const auto run = [](const AdamOptions& options, float value) {
    auto parameters = parameters_on<float>(gpu());
    Adam<float> adam(parameters, options);
    set_gradients(parameters, 1);
    parameters[0].zero_grad();
    parameters[0].backward(Tensor<float>::full(shapes[0], value, gpu()));
    adam.step();
    return state_of(parameters, adam);
  };
  check_same_bits(run({.clip_norm = 1e9}, 0.5f), run({}, 0.5f));
  CHECK(std::isnan(run({.clip_norm = 1}, NAN).front().item()));
}

TEST_CASE("Adam on a GPU resumes from moments on the CPU", "[cuda][adam]") {
  PREMIX_REQUIRE_GPU();
  auto straight = parameters_on<float>(gpu()), halves = parameters_on<float>(gpu());
  const AdamOptions options{.average = 0.9};
  Adam<float> whole(straight, options), first(halves, options), second(halves, options);
  const auto steps = [](Adam<float>& adam, std::vector<Variable<float>>& parameters, int begin, int end) {
    for (int step = begin; step < end; ++step) {
      set_gradients(parameters, step);
      adam.step();
    }
  };
  steps(whole, straight, 0, 4);
  steps(first, halves, 0, 2);
  auto kept = first.moments();
  for (auto& moments : kept) {
    moments.mean = moments.mean.to(cpu());
    moments.square = moments.square.to(cpu());
    moments.average = moments.average.to(cpu());
  }
  second.set_moments(kept);
  steps(second, halves, 2, 4);
  for (const auto& moments : second.moments())
    CHECK((moments.mean.empty() || (moments.mean.device() == gpu() && moments.square.device() == gpu())));
  check_same_bits(state_of(halves, second), state_of(straight, whole));
}

TEST_CASE("Adam refuses parameters and gradients on several devices", "[cuda][adam][error]") {
  PREMIX_REQUIRE_GPU();
  auto there = testing::moved(testing::leaf<float>({1, 1, 1, 3}, 1), gpu()),
       here = testing::leaf<float>({1, 1, 1, 3}, 2);
  there.backward(Tensor<float>::zeros({1, 1, 1, 3}, gpu()));
  here.backward(Tensor<float>::zeros({1, 1, 1, 3}));
  Adam<float> both({there, here});
  CHECK_THROWS_WITH(both.step(), contains("parameter 1 is on cpu") && contains("cuda:0"));
  here.mutable_value() = here.value().to(gpu());  // the gradient stays on the CPU
  CHECK_THROWS_WITH(both.step(), contains("its gradient on cpu"));
  here.zero_grad();
  here.backward(Tensor<float>::zeros({1, 1, 1, 3}, gpu()));
  here.mutable_value() = here.value().to(cpu());
  CHECK_THROWS_WITH(both.step(), contains("parameter 1 is on cpu") && contains("its gradient on cuda:0"));
}

}  // namespace premix
