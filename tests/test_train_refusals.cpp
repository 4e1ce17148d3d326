#include <cmath>
#include <cstdlib>
#include <functional>

#include "premix/io/checkpoint.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/training_place.hpp"
#include "tilde.hpp"

// Input that premix-train and premix-test refuse.

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

namespace {

void check_refusal(const ProgramResult& result, const std::string& program, int exit_code, const std::string& part) {
  INFO(result.err);
  CHECK(result.exit_code == exit_code);
  CHECK(result.err.starts_with(program + ": error: "));
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK_THAT(result.err, contains(part));
}

}  // namespace

TEST_CASE("premix-train refuses bad input with one line and writes nothing", "[program]") {
  struct Case {
    const char* name;
    std::function<Arguments(const Workplace&)> prepare;
    int exit_code;
    const char* part;
  };
  const auto flags = [](Arguments more) { return [more](const Workplace&) { return more; }; };
  const auto image = [](const char* kind, const char* key, Shape shape, double value) {
    return [=](const Workplace& place) {
      place.write(kind, 3, key, Tensor<double>::full(shape, value));
      return Arguments();
    };
  };
  const Case cases[] = {
      {"no such folder", flags({"--data_dir", "/nowhere"}), 3, "/nowhere: no such folder or file. Check the path"},
      {"PAN without MS",
       [](const Workplace& place) {
         fs::remove(place.at("data/MS_256/3.mat"));
         return Arguments();
       },
       3, "PAN_1024/3.mat: no partner"},
      {"another key", image("MS_256", "image", {1, 16, 16, 3}, 1), 3, "MS_256/3.mat: no variable imgMS, I_MS"},
      {"PAN with three bands", image("PAN_1024", "imgPAN", {1, 64, 64, 3}, 1), 3, "3.mat: PAN has 3 bands, not 1"},
      {"PAN of another ratio", image("PAN_1024", "imgPAN", {1, 48, 64, 1}, 1), 3,
       "PAN 48 x 64 is not 4 times MS 16 x 16"},
      {"NaN", image("MS_256", "imgMS", {1, 16, 16, 3}, NAN), 3, "values of MS are NaN or infinite"},
      {"infinity", image("PAN_1024", "imgPAN", {1, 64, 64, 1}, INFINITY), 3, "values of PAN are NaN or infinite"},
      {"another number of bands", flags({"--ms_chans", "4"}), 3, "Set --ms_chans=3"},
      {"images cut too small", image("MS_256", "imgMS", {1, 8, 16, 3}, 1), 3, "3.mat"},
      {"unknown sensor", flags({"--sensor", "Hubble"}), 2, "value range unknown for sensor 'Hubble'. Set --max_val"},
      {"another ratio", flags({"--ratio", "2"}), 3, "is not 2 times MS"},
      {"mixing without activation", flags({"--EWFM"}), 2, "--EWFM needs --activation: one of sigmoid, tanh+relu"},
      {"unknown activation", flags({"--EWFM", "--activation", "relu"}), 2,
       "unknown activation 'relu'. Use one of sigmoid"},
      {"even kernel", flags({"--pf_kernel", "4"}), 2, "--pf_kernel=4"},
      {"unknown recipe", flags({"--recipe", "best"}), 2, "--recipe best: unknown. Use published or sharp"},
      {"unknown loss", flags({"--loss", "l2"}), 2, "--loss=l2: unknown. Use one of l1, charbonnier, l1+gradient"},
      {"unknown degradation", flags({"--degradation", "blur"}), 2, "--degradation=blur: unknown. Use one of published"},
      {"crops of published samples", flags({"--crop", "12"}), 2,
       "--degradation=published: trains on whole images as they are. For crops and augmentation set --degradation=mtf"},
      {"odd crop", flags({"--recipe", "sharp", "--crop", "13"}), 2, "--crop=13: must be a multiple of 4"},
      {"crop larger than the images", flags({"--recipe", "sharp"}), 3,
       "MS 16 x 16 is smaller than a crop. Set --crop to at most 16"},
      {"gains in falling order", flags({"--ms_gain", "0.5,0.2"}), 2, "--ms_gain=0.5,0.2: must be two gains"},
      {"one gain", flags({"--ms_gain", "0.5"}), 2, "--ms_gain"},
      {"average of 1", flags({"--average", "1"}), 2, "--average=1: must be 0 or more and below 1"},
      {"negative training ratio", flags({"--train_ratio", "-2"}), 2, "--train_ratio=-2: must be 1 or more"},
      {"full resolution below the ratio of the images",
       flags({"--recipe", "sharp", "--crop", "12", "--train_ratio", "2"}), 2,
       "--full_resolution=0.25: the ratio 2 must be a multiple of the images' ratio 4. Set --full_resolution=0"},
      {"two ranges for one folder", flags({"--max_val", "1,2"}), 2, "--max_val: 2 values for 1 folders"},
      {"the same folder twice",
       [](const Workplace& place) {
         return Arguments{"--data_dir", place.data + "/"};
       },
       3, "a second set with the folder name data"},
      {"folder of MS that is not there", flags({"--ms_folder", "MS"}), 3, "data/MS: no such folder"},
      {"unknown flag", flags({"--epoch", "3"}), 2, "--epoch"},
      {"negative batch", flags({"--batch_size", "-1"}), 2, "--batch_size"},
      {"no GPU", flags({"--device", "7"}), 4, "cuda:7"},
      {"no device", flags({"--device", "gpu"}), 2,
       "--device gpu: unknown device. Use auto, cpu, or the index of a GPU"},
      {"band that is not shown", flags({"--rgb_c", "3,1,0"}), 2, "--rgb_c"},
      {"both ways to start", flags({"--resume", "--overwrite"}), 2, "--overwrite"},
      {"folder that is a file",
       [](const Workplace& place) {
         return Arguments{"--out", place.at("data/MS_256/1.mat")};
       },
       1, "MS_256/1.mat"},
      {"weights that are not there", flags({"--init", "/nowhere.safetensors"}), 3, "/nowhere.safetensors: cannot open"},
      {"split of other data",
       [](const Workplace& place) {
         std::ofstream(place.at("split.json")) << R"({"train": ["x.mat"], "val": [], "test": []})";
         return Arguments{"--split_file", place.at("split.json")};
       },
       3, "'x.mat' is not in the data"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.name);
    const Workplace place;
    const Arguments more = wrong.prepare(place);
    const auto before = names_in(place.folder.path());
    check_refusal(place.train(more), "premix-train", wrong.exit_code, wrong.part);
    CHECK(names_in(place.folder.path()) == before);
  }
}

TEST_CASE("the value range is never guessed", "[program]") {
  const Workplace place;
  const Arguments unnamed = {"--data_dir", place.data,    "--out", place.out,  "--ms_chans",
                             "3",          "--embed_dim", "2",     "--epochs", "1"};
  check_refusal(run_program(PREMIX_TRAIN, unnamed), "premix-train", 2, "value range unknown. Set --max_val");
  CHECK(!fs::exists(place.out));
  const ProgramResult given = run_program(PREMIX_TRAIN, joined(unnamed, {"--max-val", "1000", "--num_layers", "1"}));
  INFO(given.err);
  REQUIRE(given.exit_code == 0);
  CHECK_THAT(place.run_folder().string(), contains("_s=wv2_l=1_"));
  CHECK(load_weights(place.run_folder() / "last.safetensors").info.max_val == 1000);
  CHECK(load_weights(place.run_folder() / "last.safetensors").info.sensor.empty());
}

TEST_CASE("premix-test refuses input that does not match with one line and writes nothing", "[program]") {
  const Workplace place;
  const std::string weights = place.at("w.safetensors");
  WeightsInfo info;
  info.max_val = 1023;
  PreMixConfig config{.bands = 3, .embed_dim = 2};
  config.beta = 0.1;
  save_weights(weights, PreMix<float>(config), info);
  const auto refused = [&](const Arguments& arguments, int exit_code, const std::string& part) {
    const auto before = names_in(place.folder.path());
    check_refusal(run_program(PREMIX_TEST, joined({"--data_dir", place.data, "--protocol", "reduced"}, arguments)),
                  "premix-test", exit_code, part);
    CHECK(names_in(place.folder.path()) == before);
  };
  const auto file = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(place.at(name), std::ios::binary) << bytes;
    return place.at(name);
  };
  const std::string whole = bytes_of(weights), longer = std::string("\xff\xff\xff\x7f", 4) + whole.substr(4);
  refused({}, 2, "--ckpt");
  refused({"--ckpt", "/nowhere"}, 3, "/nowhere: cannot open");
  refused({"--ckpt", file("cut", whole.substr(0, whole.size() / 2))}, 3, "cut: invalid safetensors file");
  refused({"--ckpt", file("lying", longer)}, 3, "lying: invalid safetensors file");
  refused({"--ckpt", file("text", "weights")}, 3, "text: invalid safetensors file");
  refused({"--ckpt", weights, "--num_layers", "3"}, 2, "these weights have --num_layers 1, the command line has 3");
  refused({"--ckpt", weights, "--embed-dim=32"}, 2, "these weights have --embed_dim 2, the command line has 32");
  refused({"--ckpt", weights, "--activation", "sigmoid"}, 2,
          "these weights have --activation tanh+relu, the command line has sigmoid");
  refused({"--ckpt", weights, "--beta", "2"}, 2, "these weights have --beta 0.1, the command line has trainable");
  refused({"--ckpt", weights, "--split_file", place.at("no.json")}, 3, "no.json");
  refused({"--ckpt", weights, "--json", file("old.json", "{}")}, 1, "old.json: exists already");
  refused({"--ckpt", weights, "--csv", place.at("no/r.csv")}, 1, "no folder");
  refused({"--ckpt", weights, "--protocol", "half"}, 2, "--protocol");

  save_weights(weights, PreMix<float>({.bands = 4, .embed_dim = 2}), info);
  refused({"--ckpt", weights}, 3, "the images have 3 bands, the weights 4");
  info.ratio = 2;
  save_weights(weights, PreMix<float>({.bands = 3, .embed_dim = 2}), info);
  refused({"--ckpt", weights}, 3, "the images have ratio 4, the weights were trained at 2");
  save_weights(weights, PreMix<float>({.bands = 3, .embed_dim = 2}), {});
  refused({"--ckpt", weights}, 2, "value range unknown");
}

TEST_CASE("a leading tilde means the home folder, as in a shell", "[train]") {
  const char* home = std::getenv("HOME");
  const std::string before = home ? home : "";
  setenv("HOME", "/some/where", 1);
  CHECK(cli::expand_tilde("~") == "/some/where");
  CHECK(cli::expand_tilde("~/data/3 Gaofen-1") == "/some/where/data/3 Gaofen-1");
  for (const char* kept : {"", "a/~/b", "~user/x", "/abs", "~x"}) CHECK(cli::expand_tilde(kept) == kept);
  unsetenv("HOME");
  CHECK(cli::expand_tilde("~/data") == "~/data");
  if (home) setenv("HOME", before.c_str(), 1);
}
