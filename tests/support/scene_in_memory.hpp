#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "premix/core/error.hpp"
#include "premix/infer/scene_sink.hpp"
#include "premix/infer/scene_source.hpp"

namespace premix::testing {

/// A scene with images and result in memory. source() and sink() refer to this object, which must outlive them and must
/// not move. Throws on empty windows, windows outside the image, pieces outside the part, and pixels written twice.
struct SceneInMemory {
  Tensor<float> pan;  // (1, H, W, 1)
  Tensor<float> ms;   // (1, h, w, B)
  GridMap map;
  Window part = {};                          // of the PAN; empty: all of it
  std::vector<std::uint8_t> pan_valid = {};  // (H, W); empty: all
  std::vector<std::uint8_t> ms_valid = {};   // (h, w); empty: all

  Tensor<float> fused = {};                      // (1, part.height, part.width, B), zero where unwritten
  std::vector<std::uint8_t> fused_valid = {};    // (part.height, part.width)
  std::vector<std::uint8_t> times_written = {};  // (part.height, part.width)
  std::vector<Window> pan_windows = {}, ms_windows = {}, pieces = {};  // in call order

  SceneGeometry geometry() {
    if (part.empty()) part = {0, 0, pan.shape().h, pan.shape().w};
    return {.pan_height = pan.shape().h,
            .pan_width = pan.shape().w,
            .ms_height = ms.shape().h,
            .ms_width = ms.shape().w,
            .bands = ms.shape().c,
            .map = map,
            .part = part};
  }

  /// Clears the windows of an earlier run.
  SceneSource source() {
    pan_windows.clear();
    ms_windows.clear();
    SceneSource source;
    source.geometry = geometry();
    source.read_pan = [this](const Window& window, float* values, std::uint8_t* valid) {
      pan_windows.push_back(window);
      read(pan, pan_valid, window, values, valid);
    };
    source.read_ms = [this](const Window& window, float* values, std::uint8_t* valid) {
      ms_windows.push_back(window);
      read(ms, ms_valid, window, values, valid);
    };
    return source;
  }

  /// Clears the result of an earlier run.
  SceneSink sink(std::int64_t pieces_done = 0) {
    const SceneGeometry scene = geometry();
    const Shape result = {1, scene.part.height, scene.part.width, scene.bands};
    fused = Tensor<float>::zeros(result);
    fused_valid.assign(static_cast<std::size_t>(result.h * result.w), 0);
    times_written.assign(static_cast<std::size_t>(result.h * result.w), 0);
    pieces.clear();
    return {.write = [this](const Window& window, const float* values,
                            const std::uint8_t* valid) { write(window, values, valid); },
            .pieces_done = pieces_done};
  }

  /// Returns whether the pieces cover the part.
  bool complete() const {
    return std::all_of(times_written.begin(), times_written.end(), [](std::uint8_t times) { return times == 1; });
  }

 private:
  static void read(const Tensor<float>& image, const std::vector<std::uint8_t>& mask, const Window& window,
                   float* values, std::uint8_t* valid) {
    const auto [n, h, w, c] = image.shape();
    if (!inside(window, {0, 0, h, w}))
      throw std::out_of_range(concat("a window that leaves the image is read: ", text(window)));
    for (std::int64_t y = window.top; y < window.top + window.height; ++y) {
      const std::int64_t first = y * w + window.left;
      values = std::copy_n(image.data() + first * c, window.width * c, values);
      valid = mask.empty() ? std::fill_n(valid, window.width, std::uint8_t{1})
                           : std::copy_n(mask.data() + first, window.width, valid);
    }
  }

  void write(const Window& window, const float* values, const std::uint8_t* valid) {
    if (!inside(window, part))
      throw std::out_of_range(concat("a piece that leaves the part is written: ", text(window)));
    pieces.push_back(window);
    float* to = fused.mutable_data();
    const std::int64_t bands = ms.shape().c;
    for (std::int64_t y = 0; y < window.height; ++y) {
      const std::int64_t first = (window.top - part.top + y) * part.width + window.left - part.left;
      std::copy_n(values + y * window.width * bands, window.width * bands, to + first * bands);
      std::copy_n(valid + y * window.width, window.width, fused_valid.data() + first);
      for (std::int64_t x = 0; x < window.width; ++x)
        if (++times_written[static_cast<std::size_t>(first + x)] > 1)
          throw std::logic_error(concat("a pixel is written twice, by the piece ", text(window)));
    }
  }

  static bool inside(const Window& window, const Window& image) {
    return !window.empty() && window.top >= image.top && window.left >= image.left &&
           window.top + window.height <= image.top + image.height &&
           window.left + window.width <= image.left + image.width;
  }

  static std::string text(const Window& window) {
    return concat("rows ", window.top, " + ", window.height, ", columns ", window.left, " + ", window.width);
  }
};

}  // namespace premix::testing
