#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "premix/io/mat.hpp"
#include "support/catch.hpp"
#include "support/images.hpp"
#include "support/program.hpp"

// A folder with data to run premix-train and premix-test. PREMIX_TRAIN and PREMIX_TEST are their paths.
namespace premix::testing {

using Arguments = std::vector<std::string>;

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    names.push_back(std::filesystem::relative(entry.path(), folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

// A folder with ten pairs in the layout of NBU_PansharpRSData: MS of 16 x 16 pixels and 3 bands, PAN of 64 x 64 pixels,
// counts of 200 to 900.
struct Workplace {
  ScratchFolder folder;
  std::string data = at("data"), out = at("out");

  Workplace() {
    for (int i = 0; i < 10; ++i) {
      write("MS_256", i, "imgMS", uniform_image<double>({1, 16, 16, 3}, 200, 900, static_cast<std::uint32_t>(i)));
      write("PAN_1024", i, "imgPAN",
            uniform_image<double>({1, 64, 64, 1}, 200, 900, static_cast<std::uint32_t>(i + 100)));
    }
  }

  std::string at(const std::string& name) const { return (folder / name).string(); }
  void write(const std::string& kind, int index, const std::string& key, const Tensor<double>& image) const {
    const std::filesystem::path path = folder / "data" / kind / (std::to_string(index) + ".mat");
    std::filesystem::create_directories(path.parent_path());
    write_mat(path, key, image, {.type = "double"});
  }

  // Returns the flags of a small training. A later flag overrides an earlier one.
  Arguments training(const Arguments& more = {}) const {
    Arguments all = {"--data_dir",  data, "--out",         out, "--sensor", "GF1", "--ms_chans",   "3",
                     "--embed_dim", "2",  "--num_layers",  "1", "--epochs", "4",   "--batch_size", "2",
                     "--test_freq", "2",  "--num_workers", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  ProgramResult train(const Arguments& more = {}) const { return run_program(PREMIX_TRAIN, training(more)); }

  // Returns the only folder in --out.
  std::filesystem::path run_folder(const std::string& parent = "out") const {
    const auto names = names_in(folder / parent);
    REQUIRE(!names.empty());
    return folder / parent / names.front();
  }
};

inline const Arguments mixing = {"--EWFM", "--activation", "tanh+relu"};

inline Arguments joined(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace premix::testing
