#include <signal.h>

#include <chrono>
#include <thread>

#include "premix/io/checkpoint.hpp"
#include "premix/io/safetensors.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/environment.hpp"
#include "support/training_place.hpp"
#include "support/weights_folder.hpp"

// Runs the programs premix-train and premix-test themselves.

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

namespace {

// Starts a program and kills it after the time. Returns whether it was still running.
bool run_and_kill(const std::string& path, const Arguments& arguments, std::chrono::duration<double> after) {
  std::vector<char*> words = {const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  pid_t process = 0;
  REQUIRE(posix_spawn(&process, path.c_str(), &files, nullptr, words.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&files);
  std::this_thread::sleep_for(after);
  kill(process, SIGKILL);
  int status = 0;
  waitpid(process, &status, 0);
  return WIFSIGNALED(status);
}

void check_same_results(const fs::path& a, const fs::path& b) {
  CHECK(names_in(a) == names_in(b));
  for (const auto& name : names_in(a)) {
    INFO(name);
    if (!fs::is_regular_file(a / name)) continue;
    const bool same = bytes_of(a / name) == bytes_of(b / name);  // CHECK would print the bytes of a comparison
    CHECK((same || name == "manifest.json"));
  }
}

}  // namespace

TEST_CASE("premix-train and premix-test accept the published command lines", "[program]") {
  const Workplace place;
  const ProgramResult trained =
      place.train({"--rgb_c", "2,1,0", "--embed-dim=2", "--kernel-size", "3", "--pf_kernel=3", "--EWFM", "--activation",
                   "tanh+relu", "--lr=1e-3", "--no_pin_mem", "--seed", "42", "--split_file", place.at("split.json")});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  CHECK(place.run_folder().filename() == "log_m=PreMixHuge_s=GF1_l=1_d=2_k=3_pfk=3_EWFM=True_b=None_a=tanh+relu");
  CHECK_THAT(trained.out, contains("5 images train, 2 validate, 3 are kept for the test") && contains("best: "));
  CHECK_THAT(bytes_of(place.at("split.json")), contains("\"train\""));

  std::string best;
  for (const auto& name : names_in(place.run_folder()))
    if (name.starts_with("ep=")) best = (place.run_folder() / name).string();
  const auto info = load_weights(best).info;
  CHECK(info.max_val == 1023);
  CHECK(info.sensor == "GF1");
  const ProgramResult tested = run_program(PREMIX_TEST, {"--ckpt",       best,
                                                         "--data_dir",   place.data,
                                                         "--sensor",     "GF1",
                                                         "--ms_chans",   "3",
                                                         "--EWFM",       "--activation=tanh+relu",
                                                         "--num_layers", "1",
                                                         "--embed_dim",  "2",
                                                         "--batch_size", "16",
                                                         "--json",       place.at("r.json"),
                                                         "--csv",        place.at("r.csv"),
                                                         "--split-file", place.at("split.json")});
  INFO(tested.err);
  REQUIRE(tested.exit_code == 0);
  for (const char* part :
       {"reduced resolution, 3 images", "full resolution, 3 images", "PSNR", "ERGAS_ratio", "QNR", "bicubic"})
    CHECK_THAT(tested.out, contains(part));
  CHECK_THAT(bytes_of(place.at("r.json")), contains("\"SAM_degrees\""));
  CHECK_THAT(bytes_of(place.at("r.csv")), contains("full,") && contains(",up_ms,D_lambda,"));
}

TEST_CASE("a training killed at any moment and resumed gives the same bytes", "[program]") {
  const Workplace place;
  using Clock = std::chrono::steady_clock;
  auto begun = Clock::now();
  REQUIRE(place.train(mixing).exit_code == 0);
  std::chrono::duration<double> whole = Clock::now() - begun;
  int killed = 0;
  for (int moment = 1; moment < 10; ++moment) {
    INFO("killed after " << moment << " / 10 of the time, then once more, of " << whole.count() << " s");
    const std::string parent = "cut" + std::to_string(moment);
    const Arguments resumed = place.training(joined(mixing, {"--resume", "--out", place.at(parent)}));
    begun = Clock::now();
    if (run_and_kill(PREMIX_TRAIN, resumed, whole * (moment / 10.0)))
      ++killed;
    else
      whole = Clock::now() - begun;  // it finished: the machine is less busy than before
    killed += run_and_kill(PREMIX_TRAIN, resumed, whole * (moment / 20.0));
    const ProgramResult last = run_program(PREMIX_TRAIN, resumed);
    INFO(last.err);
    REQUIRE(last.exit_code == 0);
    check_same_results(place.run_folder(parent), place.run_folder());
  }
  CHECK(killed > 5);
}

TEST_CASE("premix-train gives the same bytes for any number of threads and workers", "[program]") {
  const Workplace place;
  REQUIRE(place.train(joined(mixing, {"--threads", "1", "--num_workers", "0"})).exit_code == 0);
  for (const char* workers : {"1", "3"}) {
    const std::string parent = std::string("workers") + workers;
    REQUIRE(place.train(joined(mixing, {"--threads", "2", "--num_workers", workers, "--out", place.at(parent)}))
                .exit_code == 0);
    check_same_results(place.run_folder(parent), place.run_folder());
  }
}

TEST_CASE("premix-train stores the best weights as float16 on demand, and what they are for", "[program]") {
  const Workplace place;
  const auto best = [&] {
    for (const auto& name : names_in(place.run_folder()))
      if (name.starts_with("ep=")) return place.run_folder() / name;
    return fs::path();
  };
  const auto type_of = [](const fs::path& path) { return SafetensorsReader(path).entries().front().dtype_name; };
  REQUIRE(place.train({"--epochs", "2"}).exit_code == 0);
  CHECK(type_of(best()) == "F32");
  CHECK(load_weights(best()).info.sensors == std::vector<std::string>{"GF1"});

  const ProgramResult half = place.train(
      {"--epochs", "2", "--overwrite", "--store", "float16", "--for_sensors", "GF1,GF2", "--quality", "fast"});
  INFO(half.err);
  REQUIRE(half.exit_code == 0);
  CHECK(type_of(best()) == "F16");
  CHECK(type_of(place.run_folder() / "last.safetensors") == "F32");
  CHECK(load_weights(best()).info.sensors == std::vector<std::string>{"GF1", "GF2"});
  CHECK(load_weights(best()).info.quality == WeightsQuality::fast);

  REQUIRE(place.train({"--epochs", "2", "--overwrite", "--for_sensors", "any"}).exit_code == 0);
  CHECK(load_weights(best()).info.sensors.empty());
  CHECK_THAT(place.train({"--store", "int8"}).err, contains("'int8'") && contains("float16"));
}

TEST_CASE("premix-test and premix-train take installed weights by name", "[program]") {
  const Workplace place;
  const WeightsFolder weights;
  weights.add("mine", 3, {.max_val = 1023});
  const ScopedEnvironment installed("PREMIX_WEIGHTS", weights.text());
  const Arguments data = {"--data_dir", place.data, "--protocol", "reduced", "--ckpt"};
  const ProgramResult tested = run_program(PREMIX_TEST, joined(data, {"mine"}));
  INFO(tested.err);
  CHECK(tested.exit_code == 0);
  CHECK_THAT(tested.out, contains(weights.path("mine")));
  const ProgramResult trained = place.train(joined({"--epochs", "1", "--init", "mine"}, mixing));
  INFO(trained.err);
  CHECK(trained.exit_code == 0);
  const ProgramResult unknown_test = run_program(PREMIX_TEST, joined(data, {"yours"})),
                      unknown_init = place.train({"--init", "yours"});
  for (const ProgramResult* unknown : {&unknown_test, &unknown_init}) {
    CHECK(unknown->exit_code == 2);
    CHECK_THAT(unknown->err, contains("no weights named 'yours'. Known: ") && contains("mine"));
  }
}

TEST_CASE("premix-train trains by a recipe whose parts are flags, and premix-test reduces by the MTF", "[program]") {
  const Workplace place;
  const ProgramResult trained =
      place.train({"--recipe", "sharp", "--crop", "12", "--visits", "2", "--ms_gain", "0.2,0.4", "--pan_gain=0.1,0.2",
                   "--brightness", "0.5,1.5", "--no_dihedral", "--loss", "l1+gradient", "--noise", "0.01"});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const std::string manifest = bytes_of(place.run_folder() / "manifest.json");
  for (const char* part :
       {"\"degradation\": \"mtf\"", "\"crop\": 12", "\"visits\": 2", "\"dihedral\": false", "\"noise\": 0.01",
        "\"loss\": \"l1+gradient\"", "\"schedule\": \"cosine\"", "\"full_resolution\": 0.25"})
    CHECK_THAT(manifest, contains(part));
  const std::string last = (place.run_folder() / "last.safetensors").string();
  const WeightsInfo info = load_weights(last).info;
  CHECK(info.degradation ==
        "Gaussian MTF, area-aligned, gains at the Nyquist frequency drawn per image and axis: MS 0.2 to 0.4, PAN 0.1 "
        "to 0.2");
  CHECK(info.ratio == 4);

  const Arguments test = {"--ckpt", last, "--data_dir", place.data, "--protocol", "reduced", "--csv"};
  const auto scores = [&](const std::string& name, const Arguments& more) {
    const ProgramResult tested = run_program(PREMIX_TEST, joined(joined(test, {place.at(name)}), more));
    INFO(tested.err);
    CHECK(tested.exit_code == 0);
    return bytes_of(place.at(name));
  };
  const std::string published = scores("published.csv", {}), mtf = scores("mtf.csv", {"--degradation", "mtf"});
  CHECK((published != mtf));
  CHECK((scores("gain.csv", {"--degradation", "mtf", "--ms_gain", "0.2"}) != mtf));
  CHECK((scores("pan.csv", {"--degradation", "mtf", "--pan_gain", "0.3"}) != mtf));
}

TEST_CASE("premix-train learns a larger ratio than that of its images, which premix-test measures", "[program]") {
  const Workplace place;
  REQUIRE(place.train({"--recipe", "sharp", "--crop", "0", "--train_ratio", "8"}).exit_code == 0);
  const std::string last = (place.run_folder() / "last.safetensors").string();
  CHECK(load_weights(last).info.ratio == 8);
  const Arguments test = {"--ckpt", last, "--data_dir", place.data, "--protocol", "reduced", "--degradation", "mtf"};
  CHECK(run_program(PREMIX_TEST, joined(test, {"--train_ratio", "8"})).exit_code == 0);
  const ProgramResult refused = run_program(PREMIX_TEST, test);
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.err, contains("the images have ratio 4, the weights were trained at 8"));
}

TEST_CASE("premix-train trains on several data sets, with one value range for all or one each", "[program]") {
  const Workplace place;
  fs::create_directories(place.at("second"));
  fs::copy(place.at("data"), place.at("second/farm"), fs::copy_options::recursive);
  const ProgramResult trained = place.train(
      {"--data_dir", place.at("second/farm") + "/", "--max_val", "1000,2000", "--split_file", place.at("split.json")});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  CHECK_THAT(trained.out, contains("10 images train, 4 validate, 6 are kept for the test"));
  const std::string split = bytes_of(place.at("split.json"));
  CHECK_THAT(split, contains("\"data/3.mat\"") && contains("\"farm/3.mat\""));
  CHECK(load_weights(place.run_folder() / "last.safetensors").info.max_val == 0);
}

TEST_CASE("folders of .mat pairs may have other names", "[program]") {
  const Workplace place;
  fs::rename(place.at("data/MS_256"), place.at("data/ms"));
  fs::rename(place.at("data/PAN_1024"), place.at("data/pan"));
  CHECK(place.train({"--ms_folder", "ms", "--pan_folder", "pan"}).exit_code == 0);
}

TEST_CASE("the programs print their version and their flags", "[program]") {
  for (const char* program : {PREMIX_TRAIN, PREMIX_TEST}) {
    const ProgramResult version = run_program(program, {"--version"}), help = run_program(program, {"--help"});
    CHECK(version.exit_code == 0);
    CHECK(version.out == fs::path(program).filename().string() + " " PREMIX_VERSION "\n");
    CHECK(help.exit_code == 0);
    CHECK_THAT(help.out, contains("--data_dir") && contains("Network:") && contains("--num_workers"));
  }
}
