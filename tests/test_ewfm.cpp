#include "golden_checks/ewfm.hpp"
#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/add.hpp"
#include "reference/ewfm.hpp"
#include "support/contains.hpp"
#include "support/ewfm_cases.hpp"
#include "support/threads.hpp"

namespace premix {
namespace {

using golden::relative_difference;
using testing::activations;
using testing::leaf;
using testing::pieces;
using testing::Range;

constexpr Range all_pieces = {-9, 9};  // one range across all pieces

reference::Comparison comparison(MaskKind kind) {
  return kind == MaskKind::soft   ? reference::Comparison::none
         : kind == MaskKind::hard ? reference::Comparison::hard
                                  : reference::Comparison::smooth;
}

template <Real T>
struct Inputs {
  Variable<T> ms, pan, logits, beta;
  Mask mask;

  Inputs(Shape shape, Range range, Activation activation, MaskKind kind, double beta_value = 0.4)
      : ms(leaf<T>(shape, 1)),
        pan(leaf<T>(shape, 2)),
        logits(testing::leaf_between<T>(shape, range.low, range.high, 3)) {
    mask = {activation, kind, beta_value};
    if (kind == MaskKind::trainable)
      beta = Variable<T>(Tensor<T>::full({1, 1, 1, 1}, static_cast<T>(beta_value)), true);
  }
  MsPan<Variable<T>> result() const { return ewfm(ms, pan, logits, mask, beta); }

  // Runs backward for one output after the other, each through its own forward pass.
  void walk_back(const Tensor<T>& d_ms, const Tensor<T>& d_pan) const {
    result().ms.backward(d_ms);
    result().pan.backward(d_pan);
  }
};

}  // namespace

TEST_CASE("golden: activations and their derivatives match the published code", "[ewfm][golden]") {
  golden::check_activation_files(cpu());
}

TEMPLATE_TEST_CASE("ewfm and its gradients equal the definition", "[ewfm][isa]", float, double) {
  const auto activation = GENERATE(from_range(std::begin(activations), std::end(activations)));
  const auto kind = GENERATE(from_range(std::begin(testing::mask_kinds), std::end(testing::mask_kinds)));
  const Shape shape = GENERATE(Shape{2, 5, 7, 3}, Shape{1, 1, 1, 1}, Shape{1, 37, 41, 8});
  CAPTURE(activation_name(activation), kind, shape);
  constexpr bool narrow = std::is_same_v<TestType, float>;
  const double beta = static_cast<TestType>(0.4);
  const Inputs<TestType> in(shape, all_pieces, activation, kind, beta);
  const auto d_ms = testing::uniform_image<TestType>(shape, -1, 1, 4),
             d_pan = testing::uniform_image<TestType>(shape, -1, 1, 5);
  const auto name = activation_name(activation);
  const auto mixed = in.result();
  const auto expected = reference::ewfm(in.ms.value(), in.pan.value(), in.logits.value(), name, comparison(kind), beta);
  CHECK(relative_difference(mixed.ms.value(), expected.ms) < (narrow ? 2e-6 : 4e-15));
  CHECK(relative_difference(mixed.pan.value(), expected.pan) < (narrow ? 2e-6 : 4e-15));

  in.walk_back(d_ms, d_pan);
  const auto d = reference::ewfm_gradients(in.ms.value(), in.pan.value(), in.logits.value(), name, comparison(kind),
                                           beta, d_ms, d_pan);
  CHECK(relative_difference(in.ms.grad(), d.ms) < (narrow ? 2e-6 : 4e-15));
  CHECK(relative_difference(in.pan.grad(), d.pan) < (narrow ? 2e-6 : 4e-15));
  if (kind == MaskKind::hard)
    CHECK(in.logits.grad().empty());
  else
    CHECK(relative_difference(in.logits.grad(), d.logits) < (narrow ? 5e-6 : 1e-14));
  if (kind == MaskKind::trainable) CHECK(relative_difference(in.beta.grad(), d.beta) < (narrow ? 2e-5 : 2e-13));
}

TEST_CASE("ewfm's gradients pass the check against finite differences on every piece of every activation",
          "[ewfm][gradcheck]") {
  const auto activation = GENERATE(from_range(std::begin(activations), std::end(activations)));
  const auto kind = GENERATE(from_range(std::begin(testing::mask_kinds), std::end(testing::mask_kinds)));
  const Range range = GENERATE(from_range(std::begin(pieces), std::end(pieces)));
  // Inside the masks of this range, so that hard masks are neither all 0 nor all 1.
  const double beta = reference::activation(activation_name(activation), (range.low + range.high) / 2).value;
  CAPTURE(activation_name(activation), kind, range.low, range.high, beta);
  const Inputs<double> in({2, 3, 5, 4}, range, activation, kind, beta);
  std::vector<Variable<double>> inputs{in.ms, in.pan};
  if (kind != MaskKind::hard) inputs.push_back(in.logits);
  if (kind == MaskKind::trainable) inputs.push_back(in.beta);
  const auto mixed = [&] {
    const auto result = in.result();
    return std::vector{result.ms, result.pan};
  };
  const auto result = gradcheck(mixed, inputs);
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 4 * inputs.size());
  CHECK(result.kinks == 0);
}

TEST_CASE("ewfm has the published derivatives at the kinks of its activations", "[ewfm]") {
  const auto at = [](Activation activation, double logit) {
    return golden::masked(Tensor<double>::full({1, 1, 1, 1}, logit), activation).d_logits.item();
  };
  for (const auto activation : {Activation::tanh_relu, Activation::softsign_relu}) {
    CHECK(at(activation, 0) == 0);
    CHECK(at(activation, 6) == 0);
  }
  CHECK(at(Activation::tanh_elu, 0) == Approx(1 - std::pow(std::tanh(1), 2)).epsilon(1e-14));
  CHECK(at(Activation::softsign_elu, 0) == Approx(0.25).epsilon(1e-14));
}

TEMPLATE_TEST_CASE("ewfm keeps the sum of its inputs", "[ewfm]", float, double) {
  const auto activation = GENERATE(from_range(std::begin(activations), std::end(activations)));
  const auto kind = GENERATE(from_range(std::begin(testing::mask_kinds), std::end(testing::mask_kinds)));
  const Inputs<TestType> in({2, 5, 7, 3}, all_pieces, activation, kind);
  const auto mixed = in.result();
  const auto before = in.ms + in.pan, after = mixed.ms + mixed.pan;
  CHECK(testing::largest_difference(before.value(), after.value()) < 4 * std::numeric_limits<TestType>::epsilon());
}

TEST_CASE("ewfm's hard mask exchanges elements exactly where the activation exceeds the threshold", "[ewfm]") {
  const double threshold = GENERATE(0.1, 0.0, 1.0, -0.5);
  const Inputs<float> in({1, 8, 9, 4}, all_pieces, Activation::tanh_relu, MaskKind::hard, threshold);
  const auto mixed = in.result();
  std::int64_t exchanged = 0;
  reference::for_each_element(in.ms.shape(), [&](auto... at) {
    const bool exchange = std::tanh(std::clamp<double>(in.logits.value()(at...), 0, 6)) > threshold;
    exchanged += exchange;
    CHECK(mixed.ms.value()(at...) == (exchange ? in.pan : in.ms).value()(at...));
    CHECK(mixed.pan.value()(at...) == (exchange ? in.ms : in.pan).value()(at...));
  });
  if (threshold == 1.0) CHECK(exchanged == 0);
  if (threshold == -0.5) CHECK(exchanged == in.ms.value().size());
}

TEST_CASE("ewfm's hard comparison is strict", "[ewfm]") {
  const auto zeros = Tensor<double>::zeros({1, 1, 1, 1}), ones = Tensor<double>::full({1, 1, 1, 1}, 1);
  const auto mixed = ewfm(Variable<double>(zeros), Variable<double>(ones), Variable<double>(zeros),
                          {Activation::tanh_relu, MaskKind::hard, 0});
  CHECK(mixed.ms.value().item() == 0);
}

TEST_CASE("NaN in a logit of ewfm gives NaN in both results", "[ewfm]") {
  const auto activation = GENERATE(from_range(std::begin(activations), std::end(activations)));
  const Inputs<float> in({1, 1, 1, 1}, all_pieces, activation, MaskKind::soft);
  const Variable<float> logits(Tensor<float>::full({1, 1, 1, 1}, std::numeric_limits<float>::quiet_NaN()));
  const auto mixed = ewfm(in.ms, in.pan, logits, in.mask);
  CHECK(std::isnan(mixed.ms.value().item()));
  CHECK(std::isnan(mixed.pan.value().item()));
}

TEMPLATE_TEST_CASE("ewfm and its gradients have the same bits for any number of threads", "[ewfm][threads]", float,
                   double) {
  const auto run = [](int count) {
    const testing::Threads scope(count);
    const Inputs<TestType> in({2, 61, 47, 8}, all_pieces, Activation::tanh_elu, MaskKind::trainable);
    const auto mixed = in.result();
    in.walk_back(testing::uniform_image<TestType>(in.ms.shape(), -1, 1, 4),
                 testing::uniform_image<TestType>(in.ms.shape(), -1, 1, 5));
    return std::vector{mixed.ms.value(), mixed.pan.value(), in.ms.grad(),
                       in.pan.grad(),    in.logits.grad(),  in.beta.grad()};
  };
  const auto one = run(1);
  for (const int count : {2, 3}) {
    const auto several = run(count);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(testing::same_bits(one[i], several[i]));
  }
}

TEST_CASE("ewfm refuses different shapes and misplaced betas", "[ewfm][error]") {
  const auto of = [](Shape shape) { return Variable<float>(Tensor<float>::zeros(shape)); };
  const Shape shape{1, 2, 3, 4}, other{1, 3, 2, 4};
  CHECK_THROWS_WITH(ewfm(of(shape), of(other), of(shape), {}),
                    contains("pan (1, 3, 2, 4)") && contains("the same shape"));
  CHECK_THROWS_WITH(ewfm(of(shape), of(shape), of(other), {}), contains("logits (1, 3, 2, 4)"));
  CHECK_THROWS_WITH(ewfm(of(shape), of(shape), of(shape), {.kind = MaskKind::trainable}),
                    contains("a trainable mask needs beta"));
  CHECK_THROWS_WITH(ewfm(of(shape), of(shape), of(shape), {}, of({1, 1, 1, 1})),
                    contains("only a trainable mask takes beta"));
  CHECK_THROWS_WITH(ewfm(of(shape), of(shape), of(shape), {.kind = MaskKind::trainable}, of({1, 1, 1, 4})),
                    contains("(1, 1, 1, 4)"));
}

}  // namespace premix
