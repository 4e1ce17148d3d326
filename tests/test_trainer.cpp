#include "premix/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"
#include "premix/train/evaluate.hpp"
#include "premix/train/evaluation_report.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/scratch.hpp"
#include "support/training_runs.hpp"

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

TEST_CASE("the folder of a run has its published name", "[trainer]") {
  RunName name{.sensor = "GF", .network = {.bands = 4, .num_layers = 1}, .activation = Activation::tanh_relu};
  CHECK(run_folder_name(name) == "log_m=PreMixHuge_s=GF_l=1_d=32_k=3_pfk=3_EWFM=True_b=None_a=tanh+relu");
  name.network.beta = 2;
  CHECK(run_folder_name(name) == "log_m=PreMixHuge_s=GF_l=1_d=32_k=3_pfk=3_EWFM=True_b=2.0_a=tanh+relu");
  name.network.beta = 1e-5;
  CHECK_THAT(run_folder_name(name), contains("_b=1e-05_"));
  name.network.beta = -0.1;
  CHECK_THAT(run_folder_name(name), contains("_b=-0.1_"));
  CHECK(run_folder_name({.sensor = "wv2", .network = {.num_layers = 3, .mixing = false}, .activation = {}}) ==
        "log_m=PreMixHuge_s=wv2_l=3_d=32_k=3_pfk=3_EWFM=False_b=None_a=None");
}

TEST_CASE("a training writes weights of its best epoch, its state, a table, a manifest and pictures", "[trainer]") {
  const Sets sets;
  const ScratchFolder scratch;
  const RunFolder folder(scratch / "run");
  std::vector<int> validated;
  std::vector<double> psnrs, losses;
  const auto result =
      train(sets.data, folder, small_training(),
            {.on_step = [](const StepReport& report) { CHECK(report.images == (report.batch == 1 ? 3 : 4)); },
             .on_epoch =
                 [&](const EpochReport& report) {
                   losses.push_back(report.train_loss);
                   if (!report.validation) return;
                   validated.push_back(report.epoch);
                   for (const auto& row : report.validation->rows())
                     if (row.metric == "PSNR") psnrs.push_back(row.mean);
                 }});
  CHECK(validated == std::vector<int>{1, 3, 4});  // every second epoch, and the last
  CHECK(losses.back() < losses.front());
  const auto best = std::max_element(psnrs.begin(), psnrs.end());
  CHECK(result.best_psnr_db == *best);
  const std::string best_name = RunFolder::best_name(validated[static_cast<std::size_t>(best - psnrs.begin())], *best);
  CHECK(result.best == folder.path() / best_name);
  CHECK(names_in(folder.path()) == std::vector<std::string>{best_name, "last.safetensors", "manifest.json",
                                                            "metrics.csv", "visual-PreMixHuge/1.png",
                                                            "visual-PreMixHuge/3.png", "visual-PreMixHuge/4.png"});

  const Weights weights = load_weights(result.best);
  CHECK(weights.info.max_val == 100);
  CHECK(weights.info.premix_version == PREMIX_VERSION);
  CHECK(weights.info.clahe_cell == 2);  // 16 rows in 8 cells
  for (const auto& row : evaluate(weights.model, sets.val).network.rows())
    if (row.metric == "PSNR") CHECK(row.mean == *best);

  std::ifstream csv(folder.metrics());
  std::vector<std::string> lines;
  for (std::string line; std::getline(csv, line);) lines.push_back(line);
  REQUIRE(lines.size() == 6);
  CHECK_THAT(lines[0], contains("epoch,step,lr,train/loss,val/MAE_mean,val/MAE_std"));
  CHECK(lines[1].substr(0, 10) == "0,1,0.001,");
  CHECK(lines[4].substr(0, 10) == "3,7,0.001,");
  CHECK(std::count(lines[1].begin(), lines[1].end(), ',') == std::count(lines[0].begin(), lines[0].end(), ','));
}

TEST_CASE("a training interrupted after any epoch continues with the same bits", "[trainer]") {
  const Sets sets;
  const ScratchFolder scratch;
  TrainingOptions options = small_training();
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
    std::ofstream(path / "ep=9_PSNR=1.0000.safetensors") << "left by a cut";
    if (cut >= 0) std::ofstream(path / "metrics.csv", std::ios::app) << cut + 1 << ",9,0.001,0.5\n";
    fs::create_directory(path / ".premix-abcdef");
    int first = -1;
    train(sets.data, RunFolder(path), options, {.on_start = [&](int epoch) { first = epoch; }});
    CHECK(first == cut + 1);
    check_same_results(path, scratch / "whole");
    CHECK(!fs::exists(path / ".premix-abcdef"));
  }
}

TEST_CASE("training gives the same bytes for any number of threads and workers", "[trainer]") {
  const Sets sets;
  const ScratchFolder scratch;
  const int before = threads();
  train(sets.data, RunFolder(scratch / "one"), small_training(2));
  for (const auto& [count, workers] : {std::pair{1, 0}, {2, 3}, {3, 1}}) {
    INFO(count << " threads, " << workers << " workers");
    set_threads(count);
    TrainingOptions options = small_training(2);
    options.num_workers = static_cast<std::size_t>(workers);
    const fs::path path = scratch / (std::to_string(count) + "-" + std::to_string(workers));
    train(Sets().data, RunFolder(path), options);
    check_same_results(path, scratch / "one");
  }
  set_threads(before);
}

TEST_CASE("another seed, order or start gives other weights", "[trainer]") {
  const Sets sets;
  const ScratchFolder scratch;
  const auto last_after = [&](const std::string& name, const std::function<void(TrainingOptions&)>& change) {
    TrainingOptions options = small_training(2);
    change(options);
    train(sets.data, RunFolder(scratch / name), options);
    Weights weights = load_weights(scratch / name / "last.safetensors");
    const auto values = parameters(weights.model).front().value().values();
    return std::vector<float>(values.begin(), values.end());
  };
  const auto plain = last_after("plain", [](auto&) {});
  CHECK(last_after("again", [](auto&) {}) == plain);
  CHECK(last_after("order", [](auto& options) { options.seed = 1; }) != plain);
  CHECK(last_after("parameters", [](auto& options) { options.network.seed = 1; }) != plain);
  CHECK(last_after("tuned", [&](auto& options) { options.init = scratch / "plain" / "last.safetensors"; }) != plain);
}

TEST_CASE("the folder of a run is neither overwritten nor mixed with another training", "[trainer]") {
  const Sets sets;
  const ScratchFolder scratch;
  const RunFolder folder(scratch / "run");
  train(sets.data, folder, small_training(1));
  const auto error = [&](Start start, const std::function<void(TrainingOptions&)>& change) {
    TrainingOptions options = small_training(2);
    options.start = start;
    change(options);
    const auto before = names_in(folder.path());
    const auto message = message_of(ErrorKind::usage, [&] { train(sets.data, folder, options); });
    CHECK(names_in(folder.path()) == before);
    return message;
  };
  CHECK_THAT(error(Start::fresh, [](auto&) {}),
             contains("holds a training already. Continue it by start = resume, begin anew by start = overwrite"));
  CHECK_THAT(error(Start::resume, [](auto& options) { options.lr = 1e-4; }),
             contains("began with lr 0.001, now it is 0.0001"));
  CHECK_THAT(error(Start::resume, [](auto& options) { options.network.embed_dim = 3; }),
             contains("network/embed_dim 2, now it is 3"));
  CHECK_THAT(error(Start::resume, [](auto& options) { options.batch_size = 1; }),
             contains("batch_size 3, now it is 1"));

  std::ofstream(folder.path() / "notes.txt") << "mine";
  TrainingOptions options = small_training(2);
  options.start = Start::overwrite;
  train(sets.data, folder, options);
  CHECK(bytes_of(folder.path() / "notes.txt") == "mine");
  CHECK(names_in(folder.path()).size() == 6);  // weights, state, manifest, table, picture, notes

  fs::remove(folder.last());
  CHECK_THAT(error(Start::resume, [](auto&) {}), contains("but no last.safetensors to resume from"));
}

TEST_CASE("a non-finite loss is an error that names the images of the batch", "[trainer]") {
  const Sets sets;
  const ScratchFolder scratch;
  TrainingOptions options = small_training();
  options.lr = 1e30;
  options.batch_size = 4;
  const auto message = message_of(ErrorKind::runtime, [&] { train(sets.data, RunFolder(scratch / "run"), options); });
  CHECK_THAT(message, contains("loss ") && contains("last.safetensors holds the epoch before"));
  for (const char* name : {"0", "1", "2", "3"}) CHECK_THAT(message.substr(message.find("images")), contains(name));
}

TEST_CASE("images that do not match stop a training before it writes anything", "[trainer]") {
  const Sets sets;
  const ScratchFolder scratch;
  const RunFolder folder(scratch / "run");
  const auto error = [&](ErrorKind kind, const TrainingData& data,
                         const std::function<void(TrainingOptions&)>& change) {
    TrainingOptions options = small_training();
    change(options);
    const auto message = message_of(kind, [&] { train(data, folder, options); });
    CHECK(!fs::exists(folder.path()));
    return message;
  };
  const Dataset none(sets.source, {}, Protocol::reduced);
  const auto bad_source = training_source(7, [](ImagePair& pair) {
    if (pair.name == "3") pair.pan.mutable_data()[5] = NAN;
  });
  const Dataset bad(bad_source, {"0", "1", "2", "3"}, Protocol::reduced);
  CHECK_THAT(error(ErrorKind::data, {none, sets.val}, [](auto&) {}), contains("no training images"));
  CHECK_THAT(error(ErrorKind::data, {bad, sets.val}, [](auto&) {}), contains("3: 1 values of PAN are NaN"));
  CHECK_THAT(error(ErrorKind::data, {sets.train, bad}, [](auto&) {}), contains("3: 1 values of PAN are NaN"));
  CHECK_THAT(error(ErrorKind::data, sets.data, [](auto& options) { options.network.bands = 4; }),
             contains("Set bands = 3"));
  CHECK_THAT(error(ErrorKind::usage, sets.data, [](auto& options) { options.rgb = {0, 1, 3}; }), contains("rgb: "));
  CHECK_THAT(error(ErrorKind::usage, sets.data, [](auto& options) { options.rgb = {0, 1}; }), contains("rgb: "));
  CHECK_THAT(error(ErrorKind::usage, sets.data, [](auto& options) { options.epochs = 0; }), contains("epochs = 0"));
  CHECK_THAT(error(ErrorKind::usage, sets.data, [](auto& options) { options.test_freq = 0; }),
             contains("test_freq = 0"));
  CHECK_THAT(error(ErrorKind::usage, sets.data, [](auto& options) { options.precision = Precision::tf32; }),
             contains("precision = tf32"));
  CHECK_THAT(error(ErrorKind::usage, sets.data, [](auto& options) { options.lr = NAN; }), contains("lr = "));
  save_weights(scratch / "w.safetensors", PreMix<float>({.bands = 3, .embed_dim = 3}), {});
  CHECK_THAT(error(ErrorKind::usage, sets.data, [&](auto& options) { options.init = scratch / "w.safetensors"; }),
             contains("weights of another network"));
}

TEST_CASE("an evaluation scores the network and the enlarged MS, and lists non-finite values", "[trainer]") {
  // A black image equals its enlargement: its PSNR is infinite and its spectral angle undefined.
  const auto source = training_source(3, [](ImagePair& pair) {
    if (pair.name != "1") return;
    std::fill_n(pair.ms.mutable_data(), pair.ms.size(), 0.0f);
    std::fill_n(pair.pan.mutable_data(), pair.pan.size(), 0.0f);
  });
  PreMix<float> model({.bands = 3, .embed_dim = 2});
  for (auto& parameter : parameters(model))
    std::fill_n(parameter.mutable_value().mutable_data(), parameter.value().size(), 0.0f);
  const Dataset reduced(source, {"0", "1", "2"}, Protocol::reduced), full(source, {"0"}, Protocol::full);
  const Evaluation scores = evaluate(model, reduced, {.baseline = Baseline::up_ms});
  REQUIRE(scores.images.size() == 3);
  // A network of zeros returns the enlarged MS.
  for (const auto& image : scores.images)
    for (std::size_t i = 0; i < image.network.size(); ++i) {
      INFO(image.name << ' ' << image.network[i].name);
      CHECK((image.network[i].value == image.up_ms[i].value || std::isnan(image.up_ms[i].value)));
    }
  CHECK(std::any_of(scores.network.not_finite().begin(), scores.network.not_finite().end(),
                    [](const auto& found) { return found.image == "1" && found.metric == "PSNR"; }));

  const ScratchFolder scratch;
  const EvaluationReport report{
      "w", "d", 100, 4, {{"reduced", scores}, {"full", evaluate(model, full, {.baseline = Baseline::up_ms})}}};
  write_json(scratch / "r.json", report);
  write_csv(scratch / "r.csv", report);
  const std::string json = bytes_of(scratch / "r.json"), csv = bytes_of(scratch / "r.csv");
  CHECK_THAT(json, contains(R"("metric": "PSNR")") && contains(R"("value": "inf")") && contains(R"("QNR")"));
  CHECK_THAT(csv, contains("reduced,1,network,PSNR,inf\n") && contains("\nfull,0,up_ms,QNR,") &&
                      contains("\nfull,0,network,Periodicity_2,"));
}
