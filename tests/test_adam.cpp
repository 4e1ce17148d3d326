#include "golden_checks/adam.hpp"
#include "premix/nn/ewfm.hpp"
#include "premix/ops/l1_loss.hpp"
#include "premix/optim/adam.hpp"
#include "premix/optim/learning_rate.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

// Sets the gradient of a leaf, as a backward pass would.
template <Real T>
void set_gradient(Variable<T>& leaf, const Tensor<T>& gradient) {
  leaf.zero_grad();
  leaf.backward(gradient);
}

}  // namespace

TEST_CASE("golden: Adam and the learning rate match the published code's framework", "[adam][golden]") {
  golden::check_adam_files(cpu());
}

TEMPLATE_TEST_CASE("Adam follows its formula", "[adam][isa]", float, double) {
  const AdamOptions options{.lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3};
  auto x = testing::leaf<TestType>({2, 3, 5, 7}, 1);
  const auto start = x.value().clone();
  Adam<TestType> adam({x}, options);
  std::vector<double> mean(start.size()), square(start.size()), expected(start.data(), start.data() + start.size());
  for (int step = 1; step <= 4; ++step) {
    const auto gradient = testing::uniform_image<TestType>(x.shape(), -0.01, 0.01, 10 + step);
    set_gradient(x, gradient);
    adam.step();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const double g = gradient.data()[i];
      mean[i] = options.beta1 * mean[i] + (1 - options.beta1) * g;
      square[i] = options.beta2 * square[i] + (1 - options.beta2) * g * g;
      const double corrected_mean = mean[i] / (1 - std::pow(options.beta1, step));
      const double corrected_square = square[i] / (1 - std::pow(options.beta2, step));
      expected[i] -= options.lr * corrected_mean / (std::sqrt(corrected_square) + options.epsilon);
    }
  }
  const auto reference = Tensor<double>::from(x.shape(), expected);
  CHECK(golden::relative_difference(x.value(), reference) < (std::is_same_v<TestType, float> ? 5e-7 : 1e-15));
}

TEST_CASE("Adam's first step has the size of the learning rate for any gradient", "[adam]") {
  auto x = Variable<double>(Tensor<double>::zeros({1, 1, 1, 4}), true);
  Adam<double> adam({x}, {.lr = 0.1});
  set_gradient(x, Tensor<double>::from({1, 1, 1, 4}, {1e-3, -5, 1e8, 0}));
  adam.step();
  const std::vector<double> expected{-0.1, 0.1, -0.1, 0};
  for (int i = 0; i < 4; ++i) CHECK(x.value()(0, 0, 0, i) == Approx(expected[i]).epsilon(2e-5).margin(0));
}

TEST_CASE("Adam skips parameters without a gradient and counts steps per parameter", "[adam]") {
  auto often = testing::leaf<double>({1, 1, 1, 3}, 1), once = testing::leaf<double>({1, 1, 1, 3}, 2),
       alone = testing::leaf<double>({1, 1, 1, 3}, 2);
  const auto never = testing::leaf<double>({1, 1, 1, 3}, 3);
  const auto untouched = never.value().clone();
  const auto gradient = Tensor<double>::full({1, 1, 1, 3}, 0.3);
  Adam<double> adam({often, once, never}), other({alone});
  for (int step = 0; step < 3; ++step) {
    adam.zero_grad();
    set_gradient(often, gradient);
    if (step == 2) set_gradient(once, gradient);
    adam.step();
  }
  set_gradient(alone, gradient);
  other.step();
  CHECK(testing::same_bits(once.value(), alone.value()));  // the same as a first step
  CHECK(testing::same_bits(never.value(), untouched));
  CHECK(adam.moments()[0].steps == 3);
  CHECK(adam.moments()[1].steps == 1);
  CHECK(adam.moments()[2].steps == 0);
  CHECK(adam.moments()[2].mean.empty());
}

TEST_CASE("a hard mask gives its convolutions no gradient, and Adam leaves them unchanged", "[adam][ewfm]") {
  std::mt19937 generator(1);
  const Ewfm<double> block({.features = 3, .beta = 0.1}, generator);
  const auto before = block.conv.conv1.weight.value().clone();
  const auto ms = testing::leaf<double>({1, 5, 6, 3}, 1), pan = testing::leaf<double>({1, 5, 6, 3}, 2);
  Adam<double> adam(parameters(block));
  l1_loss(block(ms, pan).ms, testing::uniform_image<double>(ms.shape(), -1, 1, 3)).backward();
  adam.step();
  CHECK_FALSE(ms.grad().empty());
  CHECK_FALSE(pan.grad().empty());
  for (const auto& parameter : parameters(block)) CHECK(parameter.grad().empty());
  CHECK(testing::same_bits(block.conv.conv1.weight.value(), before));
  CHECK(adam.moments()[0].steps == 0);
}

TEST_CASE("Adam accepts an empty list of parameters", "[adam]") {
  Adam<float> adam({});
  CHECK_NOTHROW(adam.step());
  CHECK(adam.moments().empty());
}

TEST_CASE("Adam resumes from saved moments", "[adam]") {
  auto whole = testing::leaf<float>({1, 4, 5, 3}, 1), halves = testing::leaf<float>({1, 4, 5, 3}, 1);
  const auto step = [](Adam<float>& adam, Variable<float>& x, int i) {
    set_gradient(x, testing::uniform_image<float>(x.shape(), -1, 1, 10 + i));
    adam.step();
  };
  Adam<float> straight({whole}), first({halves}), second({halves});
  for (int i = 0; i < 6; ++i) step(straight, whole, i);
  for (int i = 0; i < 3; ++i) step(first, halves, i);
  second.set_moments(first.moments());
  for (int i = 3; i < 6; ++i) step(second, halves, i);
  CHECK(testing::same_bits(whole.value(), halves.value()));
}

TEST_CASE("count_step() and update() equal step() at the rate of count_step(), and refuse a missing gradient",
          "[adam]") {
  auto whole = testing::leaf<double>({1, 2, 3, 4}, 1), halves = testing::leaf<double>({1, 2, 3, 4}, 1);
  Adam<double> one({whole}), two({halves});
  for (int step = 0; step < 3; ++step) {
    const auto gradient = testing::uniform_image<double>(whole.shape(), -1, 1, 10 + step);
    set_gradient(whole, gradient);
    set_gradient(halves, gradient);
    one.set_lr(0.1 / (step + 1));
    two.set_lr(0.1 / (step + 1));
    one.step();
    if (step == 0) {
      two.step();  // count_step() and update() repeat it later
    } else {
      two.count_step();
      two.set_lr(5);
      two.update();
    }
    CHECK(testing::same_bits(whole.value(), halves.value()));
    CHECK(two.moments().front().steps == step + 1);
  }
  halves.zero_grad();
  CHECK_THROWS_WITH(two.update(), contains("parameter 0 of shape (1, 2, 3, 4)") && contains("lacks a gradient"));
}

TEMPLATE_TEST_CASE("Adam scales all gradients down to the largest norm, together", "[adam][isa]", float, double) {
  using T = TestType;
  const Shape shapes[] = {{1, 2, 3, 4}, {1, 1, 1, 7}};
  std::vector<Variable<T>> clipped, scaled, small, plain;
  for (std::uint32_t i = 0; i < 2; ++i)
    for (auto* list : {&clipped, &scaled, &small, &plain}) list->push_back(testing::leaf<T>(shapes[i], i));
  Adam<T> clips(clipped, {.clip_norm = 0.5}), expected(scaled), keeps(small, {.clip_norm = 1e3}), never(plain);
  for (int step = 0; step < 3; ++step) {
    std::vector<Tensor<T>> gradients;
    double squares = 0;
    for (std::uint32_t i = 0; i < 2; ++i) {
      gradients.push_back(testing::uniform_image<T>(shapes[i], -9, 9, 10 * i + static_cast<std::uint32_t>(step)));
      squares += testing::inner_product(gradients.back(), gradients.back());
    }
    const T scale = static_cast<T>(0.5 / std::sqrt(squares));
    for (std::size_t i = 0; i < 2; ++i) {
      Tensor<T> shorter = gradients[i].clone();
      for (std::int64_t k = 0; k < shorter.size(); ++k) shorter.mutable_data()[k] *= scale;
      set_gradient(clipped[i], gradients[i]);
      set_gradient(scaled[i], shorter);
      set_gradient(small[i], gradients[i]);
      set_gradient(plain[i], gradients[i]);
    }
    for (Adam<T>* adam : {&clips, &expected, &keeps, &never}) adam->step();
  }
  const double limit = std::is_same_v<T, float> ? 1e-6 : 1e-14;
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(testing::largest_difference(clips.moments()[i].mean, expected.moments()[i].mean) < limit);
    CHECK(testing::largest_difference(clips.moments()[i].square, expected.moments()[i].square) < limit);
    CHECK(testing::largest_difference(clipped[i].value(), scaled[i].value()) < 10 * limit);
    CHECK(testing::same_bits(small[i].value(), plain[i].value()));  // a larger norm than the gradients'
  }
}

TEST_CASE("clipping passes NaN of a gradient on to its parameter", "[adam]") {
  auto x = testing::leaf<double>({1, 1, 1, 3}, 1);
  Adam<double> adam({x}, {.clip_norm = 1});
  set_gradient(x, Tensor<double>::from({1, 1, 1, 3}, {1, std::nan(""), 1}));
  adam.step();
  CHECK(std::isnan(x.value()(0, 0, 0, 1)));
}

TEMPLATE_TEST_CASE("Adam averages parameters by its formula, and the average changes no parameter", "[adam][isa]",
                   float, double) {
  using T = TestType;
  auto x = testing::leaf<T>({1, 2, 3, 5}, 1), plain = testing::leaf<T>({1, 2, 3, 5}, 1);
  Adam<T> adam({x}, {.lr = 0.1, .average = 0.4}), other({plain}, {.lr = 0.1});
  std::vector<double> expected(x.value().values().begin(), x.value().values().end());
  for (int step = 1; step <= 12; ++step) {
    const auto gradient = testing::uniform_image<T>(x.shape(), -1, 1, static_cast<std::uint32_t>(step));
    set_gradient(x, gradient);
    set_gradient(plain, gradient);
    adam.step();
    other.step();
    // Below 0.4 up to step 5.
    const double keep = std::min(0.4, (1.0 + step) / (10.0 + step));
    for (std::size_t i = 0; i < expected.size(); ++i)
      expected[i] = keep * expected[i] + (1 - keep) * static_cast<double>(x.value().data()[i]);
    const auto reference = Tensor<double>::from(x.shape(), expected);
    CHECK(golden::relative_difference(adam.moments()[0].average, reference) <
          (std::is_same_v<T, float> ? 5e-7 : 1e-15));
  }
  CHECK(testing::same_bits(x.value(), plain.value()));
  CHECK(other.moments()[0].average.empty());
}

TEST_CASE("Adam resumes averages and clipping from saved moments", "[adam]") {
  auto whole = testing::leaf<float>({1, 4, 5, 3}, 1), halves = testing::leaf<float>({1, 4, 5, 3}, 1);
  const AdamOptions options{.clip_norm = 0.5, .average = 0.9};
  const auto step = [](Adam<float>& adam, Variable<float>& x, int i) {
    set_gradient(x, testing::uniform_image<float>(x.shape(), -1, 1, 10 + i));
    adam.step();
  };
  Adam<float> straight({whole}, options), first({halves}, options), second({halves}, options);
  for (int i = 0; i < 6; ++i) step(straight, whole, i);
  for (int i = 0; i < 3; ++i) step(first, halves, i);
  second.set_moments(first.moments());
  for (int i = 3; i < 6; ++i) step(second, halves, i);
  CHECK(testing::same_bits(whole.value(), halves.value()));
  CHECK(testing::same_bits(straight.moments()[0].average, second.moments()[0].average));
}

TEST_CASE("a cosine learning rate falls along half a cosine, to a hundredth in the last epoch", "[adam]") {
  const CosineLr schedule{.initial = 2e-3, .epochs = 101, .least = 0.01};
  CHECK(schedule.at(0) == Approx(2e-3).epsilon(1e-14));
  CHECK(schedule.at(25) == Approx(2e-3 * (0.01 + 0.99 * (0.5 + std::sqrt(0.125)))).epsilon(1e-14));
  CHECK(schedule.at(50) == Approx(2e-3 * 0.505).epsilon(1e-14));
  CHECK(schedule.at(100) == Approx(2e-5).epsilon(1e-12));
  for (int epoch = 1; epoch <= 100; ++epoch) CHECK(schedule.at(epoch) < schedule.at(epoch - 1));
  CHECK(CosineLr{.initial = 2e-3, .epochs = 1}.at(0) == Approx(2e-3).epsilon(1e-14));
}

TEST_CASE("the learning rate falls once every step_size epochs", "[adam]") {
  const StepLr schedule{.initial = 1e-3, .step_size = 50, .gamma = 0.8};
  CHECK(schedule.at(0) == 1e-3);
  CHECK(schedule.at(49) == 1e-3);
  CHECK(schedule.at(50) == Approx(8e-4).epsilon(1e-14));
  CHECK(schedule.at(299) == Approx(3.2768e-4).epsilon(1e-14));
}

TEST_CASE("Adam refuses moments of wrong number or shape", "[adam][error]") {
  auto x = testing::leaf<float>({1, 1, 1, 3}, 1);
  Adam<float> adam({x});
  CHECK_THROWS_WITH(adam.set_moments({}), contains("0 moments for 1 parameters"));
  const auto wrong = Tensor<float>::zeros({1, 1, 1, 4});
  CHECK_THROWS_WITH(adam.set_moments({{wrong, wrong, 1, {}}}), contains("(1, 1, 1, 4)") && contains("(1, 1, 1, 3)"));
  const auto right = Tensor<float>::zeros({1, 1, 1, 3});
  CHECK_THROWS_WITH(adam.set_moments({{right, right, 1, wrong}}), contains("an average of shape (1, 1, 1, 4)"));
}

}  // namespace premix
