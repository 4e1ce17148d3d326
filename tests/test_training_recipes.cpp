#include <cmath>
#include <filesystem>
#include <mutex>
#include <set>

#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"
#include "premix/train/evaluate.hpp"
#include "premix/train/trainer.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/scratch.hpp"
#include "support/training_runs.hpp"

// Trainings by other recipes than the published one, and by hooks.

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

// The example of docs/recipes.md.
TrainingResult train_with_hooks(const TrainingData& data, const RunFolder& folder, const TrainingOptions& options);

namespace {

// All parts of sharp_recipe(), with crops for images of 16 x 16 pixels.
Recipe small_recipe() {
  Recipe recipe = sharp_recipe();
  recipe.crop = 12;
  recipe.visits = 2;
  recipe.full_resolution = 0.5;
  recipe.average = 0.9;
  return recipe;
}

TrainingOptions recipe_training(int epochs = 4) {
  TrainingOptions options = small_training(epochs);
  options.recipe = small_recipe();
  return options;
}

std::vector<float> first_parameter(const PreMix<float>& model) {
  const auto values = parameters(model).front().value().values();
  return {values.begin(), values.end()};
}

std::vector<float> last_weights(const fs::path& folder) {
  return first_parameter(load_weights(folder / "last.safetensors").model);
}

}  // namespace

TEST_CASE("a training by a recipe of all parts continues with the same bits after any epoch", "[trainer][recipe]") {
  const Sets sets;
  const ScratchFolder scratch;
  TrainingOptions options = recipe_training();
  train(sets.data, RunFolder(scratch / "whole"), options);
  options.start = Start::resume;
  for (int cut = -1; cut < options.epochs; ++cut) {
    INFO("cut after epoch " << cut);
    const fs::path path = scratch / std::to_string(cut);
    const auto stop_at = [cut](int epoch) {
      if (epoch == cut) throw Cut();
    };
    CHECK_THROWS_AS(train(sets.data, RunFolder(path), options,
                          {.on_start = [&](int) { stop_at(-1); },
                           .on_epoch = [&](const EpochReport& report) { stop_at(report.epoch); }}),
                    Cut);
    train(sets.data, RunFolder(path), options);
    check_same_results(path, scratch / "whole");
  }
}

TEST_CASE("a training by a recipe gives the same bytes for any number of threads and workers", "[trainer][recipe]") {
  const ScratchFolder scratch;
  const int before = threads();
  train(Sets().data, RunFolder(scratch / "one"), recipe_training(2));
  for (const auto& [count, workers] : {std::pair{1, 0}, {2, 3}, {3, 1}}) {
    INFO(count << " threads, " << workers << " workers");
    set_threads(count);
    TrainingOptions options = recipe_training(2);
    options.num_workers = static_cast<std::size_t>(workers);
    const fs::path path = scratch / (std::to_string(count) + "-" + std::to_string(workers));
    train(Sets().data, RunFolder(path), options);
    check_same_results(path, scratch / "one");
  }
  set_threads(before);
}

TEST_CASE("a training refuses to resume with another recipe", "[trainer][recipe]") {
  const Sets sets;
  const ScratchFolder scratch;
  const auto error = [&](const TrainingOptions& begun, const std::function<void(TrainingOptions&)>& change,
                         const TrainingHooks& hooks = {}) {
    const RunFolder folder(scratch / "run");
    TrainingOptions options = begun;
    options.start = Start::overwrite;
    train(sets.data, folder, options);
    options.start = Start::resume;
    change(options);
    const std::string state = bytes_of(folder.last());
    const auto message = message_of(ErrorKind::usage, [&] { train(sets.data, folder, options, {}, hooks); });
    CHECK((bytes_of(folder.last()) == state));
    return message;
  };
  const TrainingOptions published = small_training(1), recipe = recipe_training(1);
  CHECK_THAT(error(published, [](auto& options) { options.recipe = small_recipe(); }), contains("samples/"));
  CHECK_THAT(error(recipe, [](auto& options) { options.recipe = {}; }), contains("samples/"));
  CHECK_THAT(error(recipe, [](auto& options) { options.recipe.noise = 0.5; }),
             contains("began with samples/noise 0.002, now it is 0.5"));
  CHECK_THAT(error(recipe, [](auto& options) { options.recipe.ms_gain.most = 0.6; }),
             contains("began with samples/ms_gain/1 0.85, now it is 0.6"));
  CHECK_THAT(error(recipe, [](auto& options) { options.recipe.average = 0; }), contains("samples/average 0.9"));
  CHECK_THAT(error(recipe, [](auto& options) { options.epochs = 2; }), contains("began with epochs 1, now it is 2"));
  CHECK_THAT(error(published, [](auto&) {}, {.lr = [](int) { return 1e-3; }}),
             contains("hooks/0 null, now it is \"lr\""));
}

TEST_CASE("a published recipe resumes with more epochs, its state names no recipe", "[trainer][recipe]") {
  const Sets sets;
  const ScratchFolder scratch;
  const RunFolder folder(scratch / "run");
  train(sets.data, folder, small_training(1));
  TrainingOptions options = small_training(2);
  options.start = Start::resume;
  CHECK_NOTHROW(train(sets.data, folder, options));
  CHECK(load_weights(folder.last()).info.manifest.find("samples") == std::string::npos);
}

TEST_CASE("averaged weights are validated, saved and evaluated", "[trainer][recipe]") {
  const Sets sets;
  const ScratchFolder scratch;
  TrainingOptions options = small_training(2);
  const auto plain_result = train(sets.data, RunFolder(scratch / "plain"), options);
  options.recipe.average = 0.9;
  const RunFolder folder(scratch / "run");
  std::optional<double> last_psnr;
  const auto result = train(sets.data, folder, options, {.on_epoch = [&](const EpochReport& report) {
                              if (!report.validation) return;
                              for (const auto& row : report.validation->rows())
                                if (row.metric == "PSNR") last_psnr = row.mean;
                            }});
  CHECK(last_weights(folder.path()) != last_weights(scratch / "plain"));
  const auto psnr_of = [&](const fs::path& path) {
    for (const auto& row : evaluate(load_weights(path).model, sets.val).network.rows())
      if (row.metric == "PSNR") return row.mean;
    return 0.0;
  };
  CHECK(psnr_of(result.best) == result.best_psnr_db);
  CHECK(psnr_of(folder.last()) == last_psnr);
  CHECK(result.best_psnr_db != plain_result.best_psnr_db);
}

TEST_CASE("every visit of an image is a sample of its own", "[trainer][recipe]") {
  const Sets sets;
  const ScratchFolder scratch;
  TrainingOptions options = recipe_training(1);
  options.num_workers = 0;
  std::map<std::string, std::set<std::uint32_t>> draws;
  std::size_t images = 0;
  const TrainingHooks hooks{.sample = [&](const ImagePair& pair, SampleKind kind, std::mt19937& generator) {
    std::mt19937 copy = generator;
    draws[pair.name].insert(copy());
    return draw_sample(pair, 4, options.recipe, kind, generator);
  }};
  train(sets.data, RunFolder(scratch / "run"), options,
        {.on_step = [&](const StepReport& report) { images = report.images_in_epoch; }}, hooks);
  CHECK(images == 8);
  REQUIRE(draws.size() == 4);
  for (const auto& [name, numbers] : draws) CHECK(numbers.size() == 2);
}

TEST_CASE("a share of batches is at full resolution, each batch of one kind", "[trainer][recipe]") {
  const Sets sets;
  const ScratchFolder scratch;
  TrainingOptions options = recipe_training(16);
  options.network.embed_dim = 1;
  options.recipe.full_resolution = 0.25;
  options.test_freq = 100;
  int batches = 0, full = 0;
  TrainingHooks hooks;
  hooks.loss = [&](const Variable<float>& fused, const TrainingBatch& batch) {
    ++batches;
    full += batch.truth_ratio() == 4;
    return loss_function(options.recipe)(fused, batch);
  };
  train(sets.data, RunFolder(scratch / "run"), options, {}, hooks);
  CHECK(batches == 48);
  CHECK(full > 5);
  CHECK(full < 20);
}

TEST_CASE("full-resolution batches take images with common borders", "[trainer][recipe]") {
  const ScratchFolder scratch;
  TrainingOptions options = recipe_training(1);
  options.recipe.full_resolution = 1;
  std::set<std::string> seen;
  std::mutex mutex;
  const TrainingHooks hooks{.sample = [&](const ImagePair& pair, SampleKind kind, std::mt19937& generator) {
    const std::lock_guard lock(mutex);
    seen.insert(pair.name);
    return draw_sample(pair, 4, options.recipe, kind, generator);
  }};
  const auto mixed = training_source(7, [](ImagePair& pair) { pair.pan_row = pair.name == "2" ? 0 : 0.5; });
  const Dataset images(mixed, {"0", "1", "2", "3"}, Protocol::reduced), val(mixed, {"4"}, Protocol::reduced);
  train({images, val}, RunFolder(scratch / "run"), options, {}, hooks);
  CHECK(seen == std::set<std::string>{"2"});
}

TEST_CASE("hooks replace the loss, the learning rate and the samples", "[trainer][recipe]") {
  const Sets sets;
  const ScratchFolder scratch;
  const TrainingOptions options = small_training(2);
  train(sets.data, RunFolder(scratch / "plain"), options);
  const auto plain = last_weights(scratch / "plain");

  std::vector<double> rates;
  const TrainingCallbacks callbacks{.on_epoch = [&](const EpochReport& report) { rates.push_back(report.lr); }};
  train(sets.data, RunFolder(scratch / "lr"), options, callbacks, {.lr = [](int epoch) { return 0.01 / (epoch + 1); }});
  CHECK(rates == std::vector<double>{0.01, 0.005});
  CHECK(last_weights(scratch / "lr") != plain);

  const auto l1 = loss_function({});
  train(sets.data, RunFolder(scratch / "loss"), options, {},
        {.loss = [&](const auto& fused, const TrainingBatch& batch) { return 2.0f * l1(fused, batch); }});
  CHECK(last_weights(scratch / "loss") != plain);

  // Samples made like those of the published recipe give its weights.
  TrainingOptions one_batch = options;
  one_batch.batch_size = 4;
  one_batch.epochs = 1;
  const TrainingHooks hooks{.sample = [&](const ImagePair& pair, SampleKind, std::mt19937&) {
    const Sample sample = reduced_sample(pair, 4);
    return TrainingBatch(sample.up_ms, sample.pan, sample.truth);
  }};
  train(sets.data, RunFolder(scratch / "whole"), one_batch);
  train(sets.data, RunFolder(scratch / "sample"), one_batch, {}, hooks);
  CHECK(last_weights(scratch / "sample") == last_weights(scratch / "whole"));
}

TEST_CASE("the hooks of the page about recipes train", "[trainer][recipe]") {
  const Sets sets;
  const ScratchFolder scratch;
  train(sets.data, RunFolder(scratch / "plain"), recipe_training(1));
  train_with_hooks(sets.data, RunFolder(scratch / "hooks"), recipe_training(1));
  CHECK(last_weights(scratch / "hooks") != last_weights(scratch / "plain"));
}

TEST_CASE("the learning rate follows the recipe's schedule", "[trainer][recipe]") {
  const Sets sets;
  const ScratchFolder scratch;
  TrainingOptions options = small_training(3);
  options.recipe.schedule = Schedule::cosine;
  std::vector<double> rates;
  train(sets.data, RunFolder(scratch / "run"), options,
        {.on_epoch = [&](const EpochReport& report) { rates.push_back(report.lr); }});
  REQUIRE(rates.size() == 3);
  CHECK(rates[0] == Approx(1e-3));
  CHECK(rates[1] == Approx(0.505e-3));
  CHECK(rates[2] == Approx(1e-5));
}

TEST_CASE("images that do not suit the recipe stop a training before it writes anything", "[trainer][recipe]") {
  const ScratchFolder scratch;
  const RunFolder folder(scratch / "run");
  const auto error = [&](ErrorKind kind, const std::shared_ptr<const PairSource>& source,
                         const std::function<void(Recipe&)>& change) {
    const Dataset images(source, {"0", "1", "2", "3"}, Protocol::reduced), val(source, {"4"}, Protocol::reduced);
    TrainingOptions options = recipe_training(1);
    change(options.recipe);
    const auto message = message_of(kind, [&] { train({images, val}, folder, options); });
    CHECK(!fs::exists(folder.path()));
    return message;
  };
  const auto plain = training_source(7), landsat = training_source(7, [](ImagePair&pair) { pair.pan_row = 0.5; });
  CHECK_THAT(error(ErrorKind::usage, plain, [](Recipe& recipe) { recipe.noise = -1; }), contains("noise = -1"));
  CHECK_THAT(error(ErrorKind::data, plain, [](Recipe& recipe) { recipe.crop = 20; }),
             contains("0: MS 16 x 16 is smaller than a crop. Set crop to at most 16"));
  CHECK_THAT(error(ErrorKind::usage, plain, [](Recipe& recipe) { recipe.train_ratio = 2; }),
             contains("full_resolution = 0.5: the ratio 2 must be a multiple of the images' ratio 4"));
  CHECK_THAT(error(ErrorKind::data, landsat, [](Recipe&) {}), contains("PAN and MS have different borders"));
}

TEST_CASE("a teacher changes the training, belongs to its recipe, and must have the network's bands",
          "[trainer][recipe]") {
  const Sets sets;
  const ScratchFolder scratch;
  TrainingOptions options = recipe_training(1);
  train(sets.data, RunFolder(scratch / "alone"), options);
  const PreMix<float> teacher({.bands = 3, .embed_dim = 4});
  save_weights(scratch / "teacher.safetensors", teacher, {});
  options.teacher = scratch / "teacher.safetensors";
  train(sets.data, RunFolder(scratch / "taught"), options);
  CHECK(last_weights(scratch / "taught") != last_weights(scratch / "alone"));
  options.start = Start::resume;
  options.teacher.reset();
  CHECK_THAT(message_of(ErrorKind::usage, [&] { train(sets.data, RunFolder(scratch / "taught"), options); }),
             contains("the training began with teacher/"));
  save_weights(scratch / "four.safetensors", PreMix<float>({.bands = 4, .embed_dim = 2}), {});
  options.teacher = scratch / "four.safetensors";
  CHECK_THAT(message_of(ErrorKind::usage, [&] { train(sets.data, RunFolder(scratch / "other"), options); }),
             contains("a teacher of 4 bands, the network has 3"));
}
