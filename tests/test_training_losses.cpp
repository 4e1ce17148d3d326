#include "premix/train/losses.hpp"

#include <algorithm>
#include <cmath>

#include "premix/image/mtf.hpp"
#include "premix/infer/network/premix_inference.hpp"
#include "premix/ops.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/variables.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

using Loss = std::function<Variable<float>(const Variable<float>&)>;

double value_of(const Loss& loss, const Tensor<float>& x) {
  return static_cast<double>(loss(Variable<float>(x)).value().item());
}

// Compares the gradient with central differences along directions in which every element counts.
void check_gradient(const Loss& loss, const Tensor<float>& x) {
  const Variable<float> leaf(x.clone(), true);
  loss(leaf).backward();
  const Tensor<float>& gradient = leaf.grad();
  for (const std::uint32_t seed : {1, 2, 3}) {
    Tensor<float> direction = uniform_image<float>(x.shape(), 0, 1, seed);
    double expected = 0;
    for (std::int64_t i = 0; i < x.size(); ++i) {
      if (gradient.data()[i] < 0) direction.mutable_data()[i] *= -1;
      expected += static_cast<double>(direction.data()[i]) * static_cast<double>(gradient.data()[i]);
    }
    constexpr float step = 2e-3f;
    Tensor<float> up = x.clone(), down = x.clone();
    for (std::int64_t i = 0; i < x.size(); ++i) {
      up.mutable_data()[i] += step * direction.data()[i];
      down.mutable_data()[i] -= step * direction.data()[i];
    }
    const double measured = (value_of(loss, up) - value_of(loss, down)) / (2 * static_cast<double>(step));
    CHECK(measured == Approx(expected).epsilon(0.01));
  }
}

TrainingBatch batch_of(const Tensor<float>& pan, const Tensor<float>& truth) {
  const Shape shape = pan.shape();
  return TrainingBatch(uniform_image<float>(shape.with_channels(truth.shape().c), 0.2, 0.8, 77), pan, truth);
}

const Shape shape{2, 24, 32, 3};
const Tensor<float> fused_image = uniform_image<float>(shape, 0.2, 0.8, 1),
                    truth_image = uniform_image<float>(shape, 0.2, 0.8, 2),
                    pan_image = uniform_image<float>(shape.with_channels(1), 0.2, 0.8, 3),
                    ms_image = uniform_image<float>({2, 6, 8, 3}, 0.2, 0.8, 4);

}  // namespace

TEST_CASE("gradients of the training losses equal finite differences", "[losses]") {
  SECTION("l1_gradient_loss") {
    check_gradient([](const auto& x) { return l1_gradient_loss(x, truth_image); }, fused_image);
  }
  SECTION("detail_correlation") {
    check_gradient([](const auto& x) { return detail_correlation(x, pan_image); }, fused_image);
  }
  SECTION("block_mean_loss") {
    check_gradient([](const auto& x) { return block_mean_loss(x, truth_image); }, fused_image);
  }
  SECTION("FullResolutionLoss") {
    const FullResolutionLoss loss{.gain = 0.25, .detail = 0.5};
    check_gradient([=](const auto& x) { return loss(x, pan_image, ms_image); }, fused_image);
  }
}

TEST_CASE("FullResolutionLoss is zero for an image that reduces to its MS", "[losses]") {
  const FullResolutionLoss loss{.gain = 0.25, .detail = 0};
  const auto ms = reduced_by_mtf(fused_image, {.ratio = 4, .row_gain = 0.25, .column_gain = 0.25});
  CHECK(value_of([&](const auto& x) { return loss(x, pan_image, ms); }, fused_image) == 0);
  const auto brighter =
      image_of<float>(ms.shape(), [&](auto n, auto y, auto x, auto c) { return ms(n, y, x, c) + 0.1f; });
  CHECK(value_of([&](const auto& x) { return loss(x, pan_image, brighter); }, fused_image) ==
        Approx(0.1).epsilon(1e-5));
  const FullResolutionLoss other{.gain = 0.35, .detail = 0};
  CHECK(value_of([&](const auto& x) { return other(x, pan_image, ms); }, fused_image) > 1e-3);
}

TEST_CASE("FullResolutionLoss adds its weight times what the detail correlation lacks to 1", "[losses]") {
  const FullResolutionLoss consistency{.gain = 0.25, .detail = 0}, both{.gain = 0.25, .detail = 0.3};
  const auto value = [&](const FullResolutionLoss& loss) {
    return value_of([&](const auto& x) { return loss(x, pan_image, ms_image); }, fused_image);
  };
  const double correlation = value_of([](const auto& x) { return detail_correlation(x, pan_image); }, fused_image);
  CHECK(value(both) - value(consistency) == Approx(0.3 * (1 - correlation)).epsilon(1e-5));
}

TEST_CASE("the detail correlation is 1 for a scaled PAN, -1 for a negative one, about 0 for noise", "[losses]") {
  const auto correlation_with =
      [](const std::function<double(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c)>& value) {
        return value_of([](const auto& x) { return detail_correlation(x, pan_image); }, image_of<float>(shape, value));
      };
  const auto pan = [](auto n, auto y, auto x) { return static_cast<double>(pan_image(n, y, x, 0)); };
  // 0.001 of contrast counts as none, so that 1 is reached within 1e-4.
  CHECK(correlation_with([&](auto n, auto y, auto x, auto) { return 0.5 * pan(n, y, x) + 0.2; }) ==
        Approx(1).margin(1e-4));
  CHECK(correlation_with([&](auto n, auto y, auto x, auto) { return 0.9 - 0.7 * pan(n, y, x); }) ==
        Approx(-1).margin(1e-4));
  // Means over the bands: 1, -1 and 1.
  CHECK(correlation_with([&](auto n, auto y, auto x, auto c) { return c == 1 ? 1 - pan(n, y, x) : pan(n, y, x); }) ==
        Approx(1.0 / 3).margin(1e-4));
  CHECK(std::abs(value_of([](const auto& x) { return detail_correlation(x, pan_image); }, fused_image)) < 0.05);
  CHECK(correlation_with([&](auto n, auto y, auto x, auto) { return 0.5 + 1e-5 * pan(n, y, x); }) < 0.01);
  CHECK(correlation_with([](auto, auto, auto, auto) { return 0.5; }) == Approx(0).margin(1e-4));
  CHECK_THROWS_WITH(detail_correlation(Variable<float>(fused_image), truth_image),
                    contains("detail_correlation: fused (2, 24, 32, 3), pan (2, 24, 32, 3)"));
}

TEST_CASE("l1_gradient_loss is the mean difference plus those of neighbours' differences", "[losses]") {
  const Variable<float> fused(Tensor<float>::from({1, 2, 2, 1}, {0.1f, 0.2f, 0.4f, 0.8f}));
  // |differences|: 1.5 in all; down the rows 0.3 + 0.6, across the columns 0.1 + 0.4, each over 4 pixels.
  CHECK(l1_gradient_loss(fused, Tensor<float>::zeros({1, 2, 2, 1})).value().item() ==
        Approx((1.5 + 0.9 + 0.5) / 4).epsilon(1e-6));
  // A constant difference has no differences of neighbours.
  const auto brighter =
      image_of<float>(shape, [](auto n, auto y, auto x, auto c) { return fused_image(n, y, x, c) + 0.1f; });
  CHECK(l1_gradient_loss(Variable<float>(brighter), fused_image).value().item() == Approx(0.1).epsilon(1e-5));
}

TEST_CASE("block_mean_loss measures the bias of blocks and ignores their texture", "[losses]") {
  const auto loss = [](const Shape& size, const std::function<double(std::int64_t y, std::int64_t x)>& difference) {
    const auto image = image_of<float>(size, [&](auto, auto y, auto x, auto) { return 0.5 + difference(y, x); });
    return static_cast<double>(block_mean_loss(Variable<float>(image), Tensor<float>::full(size, 0.5f)).value().item());
  };
  for (const Shape& size : {Shape{1, 32, 16, 2}, Shape{1, 20, 12, 2}}) {
    CHECK(loss(size, [](auto, auto) { return -0.1; }) == Approx(0.1).epsilon(1e-5));
    CHECK(loss(size, [](auto y, auto x) { return (y + x) % 2 == 0 ? 0.1 : -0.1; }) == Approx(0).margin(1e-6));
  }
  // Stripes of 8 rows: they cancel in blocks of 16 and not in blocks of 4.
  const auto stripes = [](std::int64_t y, std::int64_t) { return y / 8 % 2 == 0 ? 0.1 : -0.1; };
  CHECK(loss({1, 32, 16, 2}, stripes) == Approx(0).margin(1e-6));
  CHECK(loss({1, 32, 12, 2}, stripes) == Approx(0.1).epsilon(1e-5));
}

TEST_CASE("a recipe's loss is of its kind, plus its bias, and FullResolutionLoss for a coarser truth", "[losses]") {
  const Variable<float> fused(fused_image);
  const TrainingBatch reduced = batch_of(pan_image, truth_image), full = batch_of(pan_image, ms_image);
  const auto value = [&](const Recipe& recipe, const TrainingBatch& batch) {
    return loss_function(recipe)(fused, batch).value().item();
  };
  const float l1 = l1_loss(fused, truth_image).value().item();
  CHECK(value({}, reduced) == l1);
  CHECK(value({.loss = LossKind::charbonnier}, reduced) == charbonnier_loss(fused, truth_image).value().item());
  CHECK(value({.loss = LossKind::l1_gradient}, reduced) == l1_gradient_loss(fused, truth_image).value().item());
  CHECK(value({.bias = 0.5}, reduced) ==
        Approx(l1 + 0.5f * block_mean_loss(fused, truth_image).value().item()).epsilon(1e-6));
  CHECK(value({.loss = LossKind::charbonnier, .bias = 0.5, .full_resolution_gain = 0.2, .detail = 0.1}, full) ==
        FullResolutionLoss{.gain = 0.2, .detail = 0.1}(fused, pan_image, ms_image).value().item());
}

TEST_CASE("distillation mixes the loss with the same loss against the teacher's image", "[losses]") {
  const PreMix<float> teacher({.bands = 3, .embed_dim = 2});
  const Variable<float> fused(fused_image);
  const LossFunction plain = loss_function({});
  const LossFunction taught = distilled(plain, teacher, 0.25);
  TrainingBatch batch = batch_of(pan_image, truth_image);
  const auto target = PreMixInference(teacher)(batch.images.plain.ms, batch.images.plain.pan);
  const double expected =
      0.75 * plain(fused, batch).value().item() + 0.25 * static_cast<double>(l1_loss(fused, target).value().item());
  CHECK(taught(fused, batch).value().item() == Approx(expected).epsilon(1e-6));
  batch.images = branch_images(batch.images.plain.ms, batch.images.plain.pan);
  CHECK(taught(fused, batch).value().item() == Approx(expected).epsilon(1e-6));
  const TrainingBatch full = batch_of(pan_image, ms_image);
  CHECK(taught(fused, full).value().item() == plain(fused, full).value().item());
}
