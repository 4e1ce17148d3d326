#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "premix/infer/scene/scene.hpp"
#include "support/message_of.hpp"
#include "support/scene_files.hpp"
#include "support/scratch.hpp"

namespace premix::testing {

/// Pixels of a window, read by the callbacks of a scene.
struct ScenePixels {
  Tensor<float> values;             // (1, h, w, B)
  std::vector<std::uint8_t> valid;  // (h, w)

  std::int64_t invalid() const { return std::count(valid.begin(), valid.end(), 0); }
  bool valid_at(std::int64_t row, std::int64_t column) const {
    return valid[static_cast<std::size_t>(row * values.shape().w + column)] == 1;
  }
};

inline ScenePixels read_pan(const Scene& scene, const Window& window) {
  ScenePixels pixels = {Tensor<float>::full({1, window.height, window.width, 1}, -7),
                        std::vector<std::uint8_t>(static_cast<std::size_t>(window.height * window.width), 7)};
  scene.source.read_pan(window, pixels.values.mutable_data(), pixels.valid.data());
  return pixels;
}

inline ScenePixels read_ms(const Scene& scene, const Window& window) {
  ScenePixels pixels = {Tensor<float>::full({1, window.height, window.width, scene.source.geometry.bands}, -7),
                        std::vector<std::uint8_t>(static_cast<std::size_t>(window.height * window.width), 7)};
  scene.source.read_ms(window, pixels.values.mutable_data(), pixels.valid.data());
  return pixels;
}

inline ScenePixels read_pan(const Scene& scene) {
  return read_pan(scene, {0, 0, scene.source.geometry.pan_height, scene.source.geometry.pan_width});
}
inline ScenePixels read_ms(const Scene& scene) {
  return read_ms(scene, {0, 0, scene.source.geometry.ms_height, scene.source.geometry.ms_width});
}

/// Returns the image without a rim of `border` pixels.
inline Tensor<float> inside(const Tensor<float>& image, std::int64_t border) {
  return crop(image, {border, border, image.shape().h - 2 * border, image.shape().w - 2 * border});
}

/// Files of a scene with four MS bands in a new folder, and the matching requirements of a method. Tests change one
/// property.
struct SceneCase {
  static constexpr double max_val = 40000;

  ScratchFolder folder;
  std::string pan = at("pan.tif"), ms = at("ms.tif");
  WantedBands wanted = {.count = 4, .names = {"blue", "green", "red", "nir"}, .ratio = 2, .max_val = max_val};
  SceneOptions options;

  explicit SceneCase(double ratio = 2, Alignment alignment = Alignment::centres) {
    wanted.ratio = ratio;
    write_ground(ms, scene_ms_grid(), 4, max_val);
    write_ground(pan, scene_pan_grid(scene_ms_grid(), ratio, alignment), 1, max_val);
  }

  std::string at(const std::string& name) const { return (folder / name).string(); }
  void put(const std::string& name, const std::string& text) const { std::ofstream(at(name)) << text; }

  Grid pan_grid() const { return scene_pan_grid(scene_ms_grid(), *wanted.ratio, Alignment::centres); }
  void change_ms(const ChangeRaster& change, std::int64_t bands = 4) {
    write_ground(ms, scene_ms_grid(), bands, max_val, change);
  }
  void change_pan(const ChangeRaster& change) { write_ground(pan, pan_grid(), 1, max_val, change); }

  Scene open() const { return open_scene(pan, {ms}, wanted, options); }
  std::string error(ErrorKind kind) const {
    return message_of(kind, [&] { open(); });
  }
};

}  // namespace premix::testing
