#include "cuda/on_device.hpp"
#include "golden_checks/ewfm.hpp"
#include "reference/ewfm.hpp"
#include "support/ewfm_cases.hpp"

namespace premix {
namespace {

using testing::activations;
using testing::gpu;
using testing::pieces;
using testing::Range;
using testing::uniform_image;

// Less than a pack; a pack and one element; several blocks with several packs per thread, the last block partly filled.
const Shape shapes[] = {{1, 1, 1, 1}, {1, 1, 1, 5}, {1, 33, 19, 7}};

// Inputs. Their signs make every share of d_beta negative. Nothing cancels, so the sum can be compared like the other
// results.
template <Real T>
struct Inputs {
  Tensor<T> ms, pan, logits, d_mixed_ms, d_mixed_pan, beta;
  Mask mask;

  // beta: threshold of hard masks, trained parameter of trainable masks.
  Inputs(Shape shape, Range range, Activation activation, MaskKind kind, double beta_value)
      : ms(uniform_image<T>(shape, -1, 0, 1)),
        pan(uniform_image<T>(shape, 0, 1, 2)),
        logits(uniform_image<T>(shape, range.low, range.high, 3)),
        d_mixed_ms(uniform_image<T>(shape, 0, 1, 4)),
        d_mixed_pan(uniform_image<T>(shape, -1, 0, 5)),
        beta(Tensor<T>::full({1, 1, 1, 1}, static_cast<T>(beta_value))),
        mask{activation, kind, kind == MaskKind::hard ? beta_value : std::numeric_limits<double>::quiet_NaN()} {}
};

// Results. d_logits is empty for hard masks, d_beta for all but trainable masks.
template <Real T>
struct Results {
  Tensor<T> mixed_ms, mixed_pan, d_ms, d_pan, d_logits, d_beta;
};

template <Real T>
Results<T> mixed_on(Device where, const Inputs<T>& in) {
  const Shape shape = in.ms.shape();
  const bool trainable = in.mask.kind == MaskKind::trainable;
  // NaN reveals unwritten elements.
  const auto unwritten = [&](bool there, Shape s) {
    return there ? Tensor<T>::full(s, std::numeric_limits<T>::quiet_NaN(), where) : Tensor<T>();
  };
  const auto address = [](Tensor<T>& tensor) { return tensor.empty() ? nullptr : tensor.mutable_data(); };
  const auto ms = in.ms.to(where), pan = in.pan.to(where), logits = in.logits.to(where), beta = in.beta.to(where);
  const auto d_mixed_ms = in.d_mixed_ms.to(where), d_mixed_pan = in.d_mixed_pan.to(where);
  Results<T> out{unwritten(true, shape),
                 unwritten(true, shape),
                 unwritten(true, shape),
                 unwritten(true, shape),
                 unwritten(in.mask.kind != MaskKind::hard, shape),
                 unwritten(trainable, {1, 1, 1, 1})};
  on_device(where, [&](auto device) {
    const auto threshold = static_cast<T>(in.mask.threshold);
    const T* beta_data = trainable ? beta.data() : nullptr;
    ewfm_forward(device,
                 EwfmArgs<T>{ms.data(), pan.data(), logits.data(), beta_data, address(out.mixed_ms),
                             address(out.mixed_pan), shape.size(), in.mask.activation, in.mask.kind, threshold});
    ewfm_backward(device,
                  EwfmBackwardArgs<T>{ms.data(), pan.data(), logits.data(), beta_data, d_mixed_ms.data(),
                                      d_mixed_pan.data(), address(out.d_ms), address(out.d_pan), address(out.d_logits),
                                      address(out.d_beta), shape.size(), in.mask.activation, in.mask.kind, threshold});
  });
  return {out.mixed_ms.to(cpu()), out.mixed_pan.to(cpu()), out.d_ms.to(cpu()),
          out.d_pan.to(cpu()),    out.d_logits.to(cpu()),  out.d_beta.to(cpu())};
}

// Returns the largest difference, divided by the largest number or by 1, whichever is larger. With a saturated
// activation, d_logits holds only rounding errors.
template <Real T>
double difference(const Tensor<T>& on_gpu, const Tensor<T>& on_cpu) {
  double largest = 1;
  for (std::int64_t i = 0; i < on_cpu.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(on_cpu.data()[i])));
  return testing::largest_difference(on_gpu, on_cpu) / largest;
}

template <Real T>
void check_beta(Shape shape) {
  CAPTURE(shape);
  const Inputs<T> in(shape, {-9, 9}, Activation::tanh_relu, MaskKind::trainable, 0.4);
  const auto once = mixed_on(gpu(), in), again = mixed_on(gpu(), in);
  CHECK(testing::same_bits(once.d_beta, again.d_beta));
  CHECK(testing::parity(once.d_beta, mixed_on(cpu(), in).d_beta) < testing::parity_limit<T>);
}

}  // namespace

TEMPLATE_TEST_CASE("ewfm and its gradients on a GPU match the CPU on every piece of every activation", "[cuda][ewfm]",
                   float, double) {
  PREMIX_REQUIRE_GPU();
  const auto activation = GENERATE(from_range(std::begin(activations), std::end(activations)));
  const auto kind = GENERATE(from_range(std::begin(testing::mask_kinds), std::end(testing::mask_kinds)));
  const Range range = GENERATE(from_range(std::begin(pieces), std::end(pieces)));
  const Shape shape = GENERATE(from_range(std::begin(shapes), std::end(shapes)));
  // Inside the masks of this range. The factor 0.99 keeps rounding from deciding comparisons on a flat piece.
  const double beta = 0.99 * reference::activation(activation_name(activation), (range.low + range.high) / 2).value;
  CAPTURE(activation_name(activation), kind, range.low, range.high, shape, beta);
  const Inputs<TestType> in(shape, range, activation, kind, beta);
  const auto there = mixed_on(gpu(), in), here = mixed_on(cpu(), in);
  constexpr double limit = testing::parity_limit<TestType>;
  CHECK(difference(there.mixed_ms, here.mixed_ms) < limit);
  CHECK(difference(there.mixed_pan, here.mixed_pan) < limit);
  CHECK(difference(there.d_ms, here.d_ms) < limit);
  CHECK(difference(there.d_pan, here.d_pan) < limit);
  CHECK(difference(there.d_logits, here.d_logits) < limit);
  CHECK(testing::parity(there.d_beta, here.d_beta) < limit);
}

TEMPLATE_TEST_CASE("ewfm's gradient for beta on a GPU matches the CPU and is deterministic", "[cuda][ewfm]", float,
                   double) {
  PREMIX_REQUIRE_GPU();
  // In the last launch, some threads get one share of the sum at the first size. Each thread gets several at the
  // second.
  check_beta<TestType>(GENERATE(Shape{1, 67, 61, 16}, Shape{1, 211, 311, 16}));
}

#if !defined(PREMIX_SHIM)  // takes a minute in the shim
TEMPLATE_TEST_CASE("ewfm's gradient for beta on a GPU matches the CPU if the largest grid does not cover all elements",
                   "[cuda][ewfm][slow]", float, double) {
  PREMIX_REQUIRE_GPU();
  check_beta<TestType>({1, 1024, 1031, 17});
}
#endif

TEST_CASE("golden: activations on a GPU match the published code", "[cuda][ewfm][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::check_activation_files(gpu());
}

TEST_CASE("golden: element-wise feature mixing on a GPU matches the published code", "[cuda][ewfm][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::check_mixing_files(gpu());
}

}  // namespace premix
