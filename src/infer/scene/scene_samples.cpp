#include "infer/scene/scene_samples.hpp"

#include <algorithm>
#include <limits>

#include "premix/core/error.hpp"

namespace premix::infer {
namespace {

struct Sample {
  std::int64_t pixels = 0, outside = 0;
  float lowest = std::numeric_limits<float>::max(), highest = std::numeric_limits<float>::lowest();

  void take(float count, const BandRange& range) {
    const double value = range.value(count);
    ++pixels;
    outside += value < 0 || value > 1 ? 1 : 0;
    lowest = std::min(lowest, count);
    highest = std::max(highest, count);
  }
};

std::vector<Sample> look_at(CountReader& reader, std::span<const BandRange> ranges, const Window& part) {
  const std::vector<BandRange> counts_themselves(ranges.size());
  std::vector<Sample> samples(ranges.size());
  std::vector<float> counts;
  std::vector<std::uint8_t> valid;
  for (const Window& window : sample_windows(part)) {
    const auto pixels = static_cast<std::size_t>(window.height * window.width);
    counts.resize(pixels * ranges.size());
    valid.resize(pixels);
    reader.read(window, counts_themselves, counts.data(), valid.data());
    for (std::size_t pixel = 0; pixel < pixels; ++pixel)
      for (std::size_t band = 0; valid[pixel] != 0 && band < ranges.size(); ++band)
        samples[band].take(counts[pixel * ranges.size() + band], ranges[band]);
  }
  return samples;
}

}  // namespace

std::vector<Window> sample_windows(const Window& part) {
  constexpr std::int64_t side = 128, most = 4;
  const auto samples_of = [&](Span axis) {
    const std::int64_t size = axis.size(), count = std::min((size + side - 1) / side, most);
    std::vector<Span> result;
    for (std::int64_t i = 0; i < count; ++i) {  // centred in each of `count` equal lengths
      const std::int64_t from = i * size / count, to = (i + 1) * size / count, taken = std::min(side, to - from);
      const std::int64_t begin = axis.begin + from + (to - from - taken) / 2;
      result.push_back({begin, begin + taken});
    }
    return result;
  };
  std::vector<Window> windows;
  for (const Span rows : samples_of(part.rows()))
    for (const Span columns : samples_of(part.columns())) windows.push_back(Window::of(rows, columns));
  return windows;
}

std::vector<Message> check_counts(CountReader& reader, const std::vector<OfferedBand>& bands,
                                  std::span<const BandRange> ranges, const Window& part, bool check_range) {
  constexpr double most_outside = 0.001;
  constexpr float exact = 16777216;  // 2^24: floats hold all integers up to here
  bool wide = false;
  for (std::size_t band = 0; band < bands.size(); ++band) wide = wide || reader.wide_integers(band);
  if (!check_range && !wide) return {};

  std::vector<Message> warnings;
  const std::vector<Sample> samples = look_at(reader, ranges, part);
  for (std::size_t band = 0; band < bands.size(); ++band) {
    const auto& [pixels, outside, lowest, highest] = samples[band];
    if (pixels == 0) continue;
    const double share = static_cast<double>(outside) / static_cast<double>(pixels);
    if (check_range && share > most_outside)
      fail(ErrorKind::data, bands[band].path, ": ", 100 * share, " % of the pixels of band ", bands[band].band, " (",
           lowest, " to ", highest, ") lie outside the range ", ranges[band].zero, " to ", ranges[band].one,
           ". Set the ", Option("max_val"), " of these images (2047 for 11-bit counts), or ", Option("allow_range"),
           '.');
    if (reader.wide_integers(band) && std::max(-lowest, highest) > exact)
      warnings.push_back(message(bands[band].path, ": counts of band ", bands[band].band, " reach ",
                                 std::max(-lowest, highest),
                                 ". Above 16777216 (2^24) they are rounded to the 24 bits of float."));
  }
  return warnings;
}

}  // namespace premix::infer
