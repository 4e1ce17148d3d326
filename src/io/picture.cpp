#include "premix/io/picture.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <string>

#include "premix/core/error.hpp"
#include "premix/io/atomic_file.hpp"

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

namespace premix {
namespace {

struct FreePixels {
  void operator()(unsigned char* pixels) const { stbi_image_free(pixels); }
};

std::uint8_t to_byte(float value) {
  if (!(value > 0)) return 0;  // also NaN
  return static_cast<std::uint8_t>(std::lround(std::min(value, 1.0f) * 255.0f));
}

void append(void* context, void* data, int bytes) {
  static_cast<std::string*>(context)->append(static_cast<const char*>(data), static_cast<std::size_t>(bytes));
}

void paste(const Tensor<float>& from, float* to, std::int64_t to_width) {
  const auto [n, h, w, c] = from.shape();
  for (std::int64_t y = 0; y < h; ++y) std::copy_n(from.values().data() + y * w * c, w * c, to + y * to_width * c);
}

}  // namespace

void write_png(const std::filesystem::path& path, const Tensor<float>& picture) {
  const auto [n, h, w, c] = picture.shape();
  PREMIX_CHECK(!picture.empty() && n == 1 && (c == 1 || c == 3), path.string(), ": write_png: a picture of shape ",
               picture.shape());
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(picture.size()));
  const auto values = picture.values();
  std::transform(values.begin(), values.end(), bytes.begin(), to_byte);
  std::string file;
  const int row_bytes = static_cast<int>(w * c);
  const int written = stbi_write_png_to_func(&append, &file, static_cast<int>(w), static_cast<int>(h),
                                             static_cast<int>(c), bytes.data(), row_bytes);
  PREMIX_CHECK(written != 0, path.string(), ": write_png: a picture of shape ", picture.shape(), " is too large");
  write_stream_atomically(
      path, [&](std::ostream& out) { out.write(file.data(), static_cast<std::streamsize>(file.size())); });
}

Tensor<float> read_png(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(ErrorKind::data, path.string(), ": cannot open");
  const std::string file(std::istreambuf_iterator<char>(in), {});
  const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
  int width = 0, height = 0, stored = 0;
  const bool fits = file.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
  const int length = fits ? static_cast<int>(file.size()) : 0;
  const bool known = stbi_info_from_memory(bytes, length, &width, &height, &stored) != 0;
  const int channels = stored < 3 ? 1 : 3;  // 2 and 4 include transparency
  const std::unique_ptr<unsigned char, FreePixels> pixels(
      known ? stbi_load_from_memory(bytes, length, &width, &height, &stored, channels) : nullptr);
  if (!pixels) fail(ErrorKind::data, path.string(), ": not a readable PNG: ", stbi_failure_reason());
  Tensor<float> picture({1, height, width, channels});
  std::transform(pixels.get(), pixels.get() + picture.size(), picture.mutable_data(),
                 [](unsigned char value) { return value / 255.0f; });
  return picture;
}

Stretch percentile_stretch(const Tensor<float>& image, double low_share, double high_share) {
  PREMIX_CHECK(0 <= low_share && low_share < high_share && high_share <= 1, "percentile_stretch: from ", low_share,
               " to ", high_share);
  const Shape shape = image.shape();
  const auto all = image.values();
  Stretch result;
  for (std::int64_t band = 0; band < shape.c; ++band) {
    std::vector<float> values;
    for (std::int64_t p = 0; p < shape.pixels(); ++p)
      if (const float value = all[p * shape.c + band]; !std::isnan(value)) values.push_back(value);
    if (values.empty()) values.push_back(0);
    const auto quantile = [&](double share) {
      const auto at = values.begin() + std::lround(share * static_cast<double>(values.size() - 1));
      std::nth_element(values.begin(), at, values.end());
      return *at;
    };
    result.low.push_back(quantile(low_share));
    result.high.push_back(quantile(high_share));
  }
  return result;
}

Tensor<float> stretched(const Tensor<float>& image, const Stretch& stretch) {
  const auto bands = static_cast<std::size_t>(image.shape().c);
  PREMIX_CHECK(stretch.low.size() == bands && stretch.high.size() == bands, "stretched: ", stretch.low.size(),
               " bands, image ", image.shape());
  const auto values = image.values();
  Tensor<float> result(image.shape());
  float* out = result.mutable_data();
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const auto band = static_cast<std::size_t>(i) % bands;
    const float range = stretch.high[band] - stretch.low[band];
    const float value = values[i] - stretch.low[band];
    out[i] = std::clamp(range > 0 ? value / range : value, 0.0f, 1.0f);
  }
  return result;
}

Tensor<float> choose_bands(const Tensor<float>& image, const std::vector<int>& bands) {
  const Shape shape = image.shape();
  for (const int band : bands)
    PREMIX_CHECK(band >= 0 && band < shape.c, "choose_bands: band ", band, " of an image ", shape);
  const auto values = image.values();
  Tensor<float> result(shape.with_channels(static_cast<std::int64_t>(bands.size())));
  float* out = result.mutable_data();
  for (std::int64_t p = 0; p < shape.pixels(); ++p)
    for (const int band : bands) *out++ = values[p * shape.c + band];
  return result;
}

Tensor<float> side_by_side(const std::vector<Tensor<float>>& pictures, int gap_pixels) {
  PREMIX_CHECK(!pictures.empty(), "side_by_side: no pictures");
  const Shape first = pictures.front().shape();
  std::int64_t width = -gap_pixels;
  for (const auto& picture : pictures) {
    const Shape shape = picture.shape();
    PREMIX_CHECK(shape.n == 1 && shape.h == first.h && shape.c == first.c, "side_by_side: ", shape, " and ", first);
    width += gap_pixels + shape.w;
  }
  auto result = Tensor<float>::full({1, first.h, width, first.c}, 1.0f);
  float* to = result.mutable_data();
  for (const auto& picture : pictures) {
    paste(picture, to, width);
    to += (picture.shape().w + gap_pixels) * first.c;
  }
  return result;
}

Tensor<float> stacked(const std::vector<Tensor<float>>& pictures, int gap_pixels) {
  PREMIX_CHECK(!pictures.empty(), "stacked: no pictures");
  const Shape first = pictures.front().shape();
  std::int64_t height = -gap_pixels;
  for (const auto& picture : pictures) {
    const Shape shape = picture.shape();
    PREMIX_CHECK(shape.n == 1 && shape.w == first.w && shape.c == first.c, "stacked: ", shape, " and ", first);
    height += gap_pixels + shape.h;
  }
  auto result = Tensor<float>::full({1, height, first.w, first.c}, 1.0f);
  float* to = result.mutable_data();
  for (const auto& picture : pictures) {
    paste(picture, to, first.w);
    to += (picture.shape().h + gap_pixels) * first.w * first.c;
  }
  return result;
}

}  // namespace premix
