#include "bench/quality/scenes.hpp"

#include <algorithm>
#include <memory>

#include "premix/data/dataset.hpp"
#include "premix/data/pair_folder.hpp"
#include "premix/data/split.hpp"
#include "premix/image/mtf.hpp"
#include "premix/infer/mtf.hpp"
#include "premix/infer/scene/scene.hpp"
#include "premix/infer/sharpener/scene_sharpener.hpp"
#include "premix/infer/shift/shift.hpp"
#include "premix/io/checkpoint.hpp"

namespace premix::bench {
namespace {

namespace fs = std::filesystem;

constexpr double landsat7_max_val = 2047, landsat8_max_val = 32767, worldview2_max_val = 2047;
constexpr double ms_gain = 0.3, pan_gain = 0.15;
constexpr std::int64_t block_side = 96, test_strip = 192;

ReadPixels reader_of(const Tensor<float>& image) {
  return [&image](const Window& window, float* values, std::uint8_t* valid) {
    const auto [n, h, w, c] = image.shape();
    for (std::int64_t y = window.top; y < window.top + window.height; ++y)
      values = std::copy_n(image.data() + (y * w + window.left) * c, window.width * c, values);
    std::fill_n(valid, window.height * window.width, std::uint8_t{1});
  };
}

GridMap edges_map(const Tensor<float>& pan, const Tensor<float>& ms) {
  return map_by_size({pan.shape().w, pan.shape().h}, {ms.shape().w, ms.shape().h}, Alignment::edges);
}

Tensor<float> sharpened(const SceneSharpener& sharpener, const MemoryScene& scene) {
  const Shape shape = scene.pan.shape().with_channels(scene.ms.shape().c);
  Tensor<float> fused(shape);
  float* const to = fused.mutable_data();
  const SceneSink sink{.write = [&](const Window& window, const float* values, const std::uint8_t*) {
    for (std::int64_t y = window.top; y < window.top + window.height; ++y) {
      std::copy_n(values, window.width * shape.c, to + (y * shape.w + window.left) * shape.c);
      values += window.width * shape.c;
    }
  }};
  sharpener.run(scene.source(), sink);
  return fused;
}

std::shared_ptr<const PairSource> landsat7_pairs(const fs::path& folder, const std::string& ms_folder) {
  return std::make_shared<const PairSource>(
      open_pairs(folder.string(), {.max_val = landsat7_max_val, .ms_folder = ms_folder}));
}

std::vector<std::string> files_of(const fs::path& folder, const std::vector<std::string>& endings) {
  std::vector<std::string> found;
  for (const std::string& ending : endings)
    for (const auto& entry : fs::directory_iterator(folder)) {
      std::string name = entry.path().filename().string();
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
      if (name.ends_with(ending)) found.push_back(entry.path().string());
    }
  return found;
}

MemoryScene read_scene(const std::string& pan, const std::vector<std::string>& ms, double max_val, bool fix_shift) {
  Scene scene = open_scene(pan, ms, {.needs_range = true}, {.max_val = max_val, .allow_range = true});
  if (fix_shift) {
    const Shift shift = estimate_shift(scene.source).recommended;
    use_map(scene, corrected(scene.source.geometry.map, shift.dx, shift.dy));
  }
  const SceneGeometry& geometry = scene.source.geometry;
  // The part that the MS covers, so that every pixel is valid.
  const Window part =
      served_part(geometry.map, {geometry.pan_width, geometry.pan_height}, {geometry.ms_width, geometry.ms_height});
  MemoryScene result;
  result.map = shifted(geometry.map, part);
  result.pan = Tensor<float>({1, part.height, part.width, 1});
  result.ms = Tensor<float>({1, geometry.ms_height, geometry.ms_width, geometry.bands});
  std::vector<std::uint8_t> valid(static_cast<std::size_t>(geometry.pan_height * geometry.pan_width));
  scene.source.read_pan(part, result.pan.mutable_data(), valid.data());
  scene.source.read_ms({0, 0, geometry.ms_height, geometry.ms_width}, result.ms.mutable_data(), valid.data());
  return result;
}

}  // namespace

SceneSource MemoryScene::source() const {
  SceneSource source;
  source.geometry = {.pan_height = pan.shape().h,
                     .pan_width = pan.shape().w,
                     .ms_height = ms.shape().h,
                     .ms_width = ms.shape().w,
                     .bands = ms.shape().c,
                     .map = map,
                     .part = {0, 0, pan.shape().h, pan.shape().w}};
  source.read_pan = reader_of(pan);
  source.read_ms = reader_of(ms);
  return source;
}

std::vector<Method> classical_methods() {
  std::vector<Method> methods;
  for (const auto method : {ClassicalMethod::exp, ClassicalMethod::gsa, ClassicalMethod::mtf_glp})
    methods.push_back({classical_method_name(method), [method](const MemoryScene& scene) {
                         const SceneSharpener sharpener(classical_fusion(method, scene.source()));
                         return sharpened(sharpener, scene);
                       }});
  return methods;
}

Method network_method(const fs::path& path) {
  const Weights weights = load_weights(path);
  const std::int64_t cell = static_cast<std::int64_t>(weights.info.clahe_cell * weights.info.ratio + 3) / 4 * 4;
  const auto sharpener = std::make_shared<const SceneSharpener>(
      weights.model, SharpenOptions{.clahe_cell = std::max<std::int64_t>(cell, 16)});
  return {path.filename() == "last.safetensors" ? path.parent_path().filename().string() : path.stem().string(),
          [sharpener](const MemoryScene& scene) { return sharpened(*sharpener, scene); }};
}

std::vector<MemoryScene> landsat7_native(const fs::path& folder) {
  const auto at_60m = landsat7_pairs(folder, "MS_256"), at_30m = landsat7_pairs(folder, "MS_30m");
  std::vector<MemoryScene> scenes;
  for (const std::string& name : split_names(at_60m->names()).test) {
    const ImagePair pair = at_60m->load(name);
    scenes.push_back({name, pair.ms, pair.pan, edges_map(pair.pan, pair.ms), at_30m->load(name).ms});
  }
  return scenes;
}

std::vector<MemoryScene> landsat7_reduced(const fs::path& folder, Reduction reduction) {
  const auto source = landsat7_pairs(folder, "MS_256");
  const ReduceOptions reduce{.degradation = reduction == Reduction::mtf ? Degradation::mtf : Degradation::published,
                             .ms_gain = ms_gain,
                             .pan_gain = pan_gain};
  const Dataset dataset(source, split_names(source->names()).test, {.reduce = reduce});
  std::vector<MemoryScene> scenes;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const Sample sample = dataset.sample(i);
    scenes.push_back({sample.name, sample.ms, sample.pan, edges_map(sample.pan, sample.ms), sample.truth});
  }
  return scenes;
}

MemoryScene landsat8_reduced(const fs::path& folder) {
  const MemoryScene whole = read_scene(files_of(folder, {"B8.TIF"}).front(),
                                       files_of(folder, {"B2.TIF", "B3.TIF", "B4.TIF", "B5.TIF"}), landsat8_max_val,
                                       /*fix_shift=*/false);
  const Shape shape = whole.ms.shape();
  const Window even = {0, 0, shape.h / 2 * 2, shape.w / 2 * 2};
  MemoryScene scene;
  scene.name = folder.filename().string();
  scene.truth = crop(whole.ms, even);
  scene.ms = reduced_by_mtf(scene.truth, {.ratio = 2, .row_gain = ms_gain, .column_gain = ms_gain});
  scene.pan = sampled_by_mtf(whole.pan, {0, 0, whole.pan.shape().h, whole.pan.shape().w}, whole.map, even, pan_gain);
  scene.map = edges_map(scene.pan, scene.ms);
  return scene;
}

std::vector<Window> test_blocks(const MemoryScene& scene) {
  const Shape shape = scene.truth.shape();
  const std::int64_t first_row = shape.h >= shape.w ? shape.h - test_strip : 0;
  const std::int64_t first_column = shape.h >= shape.w ? 0 : shape.w - test_strip;
  std::vector<Window> blocks;
  for (std::int64_t row = first_row; row + block_side <= shape.h; row += block_side)
    for (std::int64_t column = first_column; column + block_side <= shape.w; column += block_side)
      blocks.push_back({row, column, block_side, block_side});
  return blocks;
}

MemoryScene worldview2(const fs::path& folder) {
  MemoryScene scene = read_scene((folder / "pan.tif").string(), {(folder / "ms.tif").string()}, worldview2_max_val,
                                 /*fix_shift=*/true);
  scene.name = folder.filename().string();
  return scene;
}

}  // namespace premix::bench
