// fuse_scene PAN MS WEIGHTS OUT: fuses two rasters with a trained network.

#include <cstdio>

#include "premix/core/error.hpp"
#include "premix/infer/scene/fuse_scene.hpp"

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s PAN MS WEIGHTS OUT\n", argv[0]);
    return 2;
  }
  try {
    const premix::SceneReport report = premix::fuse_scene({.pan = argv[1], .ms = {argv[2]}, .out = argv[4]},
                                                          premix::NetworkFusion{.weights = argv[3]});
    for (const premix::Message& warning : report.warnings)
      std::fprintf(stderr, "warning: %s\n", warning.text().c_str());
    std::printf("%s: %.1f MB\n", argv[4], static_cast<double>(report.file.bytes) * 1e-6);
  } catch (const premix::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.kind());
  }
}
