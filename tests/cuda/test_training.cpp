#include <cmath>

#include "cuda/on_device.hpp"
#include "premix/core/cuda.hpp"
#include "premix/train/evaluate.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/scratch.hpp"
#include "support/training_runs.hpp"

namespace premix {
namespace {

using testing::gpu;
using testing::Sets;

// An epoch has a batch of three images and one of a single image. The larger batches are recorded from the second epoch
// on.
TrainingOptions options_on(Device device, int epochs = 3) {
  TrainingOptions options = testing::small_training(epochs);
  options.device = device;
  return options;
}

std::vector<double> losses_on(const Sets& sets, const std::filesystem::path& path, const TrainingOptions& options) {
  std::vector<double> losses;
  std::size_t batch = 0;
  train(sets.data, RunFolder(path), options,
        {.on_step =
             [&](const StepReport& report) {
               CHECK(report.batch == ++batch);
               CHECK(report.images == (report.batch == 1 ? 3 : 4));
               losses.push_back(report.loss);
             },
         .on_epoch =
             [&](const EpochReport&) {
               CHECK(batch == 2);  // every loss was reported
               batch = 0;
             }});
  return losses;
}

}  // namespace

TEST_CASE("training on a GPU reports the losses of the CPU in order", "[cuda][training]") {
  PREMIX_REQUIRE_GPU();
  const Sets sets;
  const ScratchFolder scratch;
  const auto there = losses_on(sets, scratch / "gpu", options_on(gpu())),
             here = losses_on(sets, scratch / "cpu", options_on(cpu()));
  REQUIRE(there.size() == 6);
  for (std::size_t i = 0; i < there.size(); ++i) CHECK(std::abs(there[i] - here[i]) < 0.01 * here[i]);
  CHECK(std::abs(there[0] - here[0]) < 1e-5 * here[0]);
}

TEST_CASE("training on a GPU is deterministic, also if interrupted after any epoch", "[cuda][training]") {
  PREMIX_REQUIRE_GPU();
  const Sets sets;
  const ScratchFolder scratch;
  TrainingOptions options = options_on(gpu());
  train(sets.data, RunFolder(scratch / "whole"), options);
  options.start = Start::resume;
  for (const int cut : {-1, 0, 1}) {
    INFO("cut after epoch " << cut);
    const RunFolder folder(scratch / std::to_string(cut));
    const auto stop = [cut](const EpochReport& report) {
      if (report.epoch == cut) throw testing::Cut();
    };
    if (cut >= 0) CHECK_THROWS_AS(train(sets.data, folder, options, {.on_epoch = stop}), testing::Cut);
    train(sets.data, folder, options);
    testing::check_same_results(folder.path(), scratch / "whole");
  }
}

TEST_CASE("the error of a non-finite loss on a GPU names the images of its batch", "[cuda][training]") {
  PREMIX_REQUIRE_GPU();
  const Sets sets;
  const ScratchFolder scratch;
  const auto message_on = [&](Device device) {
    TrainingOptions options = options_on(device);
    options.lr = 1e30;
    options.batch_size = 1;
    std::string message =
        message_of(ErrorKind::runtime, [&] { train(sets.data, RunFolder(scratch / "run"), options); });
    std::filesystem::remove_all(scratch / "run");
    return message.substr(0, message.find(':')).substr(message.find("in epoch"));
  };
  CHECK(message_on(gpu()) == message_on(cpu()));
  CHECK_THAT(message_on(gpu()), contains("epoch 0 at the images "));
}

TEST_CASE("the manifest of training on a GPU names the convolution engines and the requested precision",
          "[cuda][training]") {
  PREMIX_REQUIRE_GPU();
  const Sets sets;
  const ScratchFolder scratch;
  TrainingOptions options = options_on(gpu(), 1);
  options.precision = Precision::tf32;
  const RunFolder folder(scratch / "run");
  train(sets.data, folder, options);
  const std::string manifest = testing::bytes_of(folder.manifest());
  CHECK_THAT(manifest, contains("\"precision\":\"tf32\"") || contains("\"precision\": \"tf32\""));
  if (cudnn_problem().empty())
    CHECK_THAT(manifest, contains("conv2d backward weight ") && contains(", tf32: "));
  else
    CHECK_THAT(manifest, contains(cudnn_problem()));
}

TEST_CASE("evaluation of a network on a GPU has the scores of the CPU", "[cuda][training]") {
  PREMIX_REQUIRE_GPU();
  const Sets sets;
  PreMix<float> model({.bands = 3, .embed_dim = 2});
  const Evaluation here = evaluate(model, sets.val);
  move_parameters(model, gpu());
  const Evaluation there = evaluate(model, sets.val);
  REQUIRE(there.images.size() == here.images.size());
  for (std::size_t i = 0; i < here.images.size(); ++i)
    for (std::size_t j = 0; j < here.images[i].network.size(); ++j)
      CHECK(std::abs(there.images[i].network[j].value - here.images[i].network[j].value) < 1e-3);
}

}  // namespace premix
