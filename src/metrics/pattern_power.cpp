#include "metrics/pattern_power.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "premix/metrics/periodicity.hpp"

namespace premix::metrics {
namespace {

constexpr int side = static_cast<int>(periodicity_block), half = side / 2;
constexpr int period_2 = side / 2, period_4 = side / 4;  // bins
// The bins beside a pattern's own hold what the Hann window leaks.
constexpr std::array<int, 2> beside_2 = {29, 30};
constexpr std::array<int, 4> beside_4 = {13, 14, 18, 19};

// Of the root mean square. Less is invisible: the images of a bicubic kernel, in smooth areas without other power.
constexpr double noise = 1.0 / 256;

using Lines = std::array<std::array<double, side>, side>;  // [position along the line][line]

struct Tables {
  std::array<double, side> cosine, hann;
  double hann_power = 0;  // sum of squares

  Tables() {
    for (int i = 0; i < side; ++i) {
      cosine[static_cast<std::size_t>(i)] = std::cos(2 * std::numbers::pi * i / side);
      hann[static_cast<std::size_t>(i)] = 0.5 - 0.5 * cosine[static_cast<std::size_t>(i)];
      hann_power += hann[static_cast<std::size_t>(i)] * hann[static_cast<std::size_t>(i)];
    }
  }
  double cos_of(int i) const { return cosine[static_cast<std::size_t>(i % side)]; }
  double sin_of(int i) const { return cos_of(i + side - side / 4); }
};

const Tables& tables() {
  static const Tables instance;
  return instance;
}

// Removes mean and slope of each line, then applies the window.
void prepare(Lines& lines) {
  std::array<double, side> sum{}, moment{};
  double squares = 0;
  for (std::size_t n = 0; n < side; ++n) {
    const double x = static_cast<double>(n) - 0.5 * (side - 1);
    squares += x * x;
    for (std::size_t line = 0; line < side; ++line) {
      sum[line] += lines[n][line];
      moment[line] += x * lines[n][line];
    }
  }
  for (std::size_t n = 0; n < side; ++n) {
    const double x = static_cast<double>(n) - 0.5 * (side - 1), weight = tables().hann[n];
    for (std::size_t line = 0; line < side; ++line)
      lines[n][line] = (lines[n][line] - sum[line] / side - x * (moment[line] / squares)) * weight;
  }
}

// Replaces rows n and side - n by their sum and their difference, the inputs of cosine and sine sums.
void fold(Lines& lines) {
  for (std::size_t n = 1; n < half; ++n)
    for (std::size_t line = 0; line < side; ++line) {
      const double a = lines[n][line], b = lines[side - n][line];
      lines[n][line] = a + b;
      lines[side - n][line] = a - b;
    }
}

// Power of one bin, averaged over the folded lines.
double power(const Lines& lines, int bin) {
  const double sign = bin % 2 == 0 ? 1 : -1;
  std::array<double, side> re, im{};
  for (std::size_t line = 0; line < side; ++line) re[line] = lines[0][line] + sign * lines[half][line];
  for (int n = 1; n < half; ++n) {
    const double c = tables().cos_of(bin * n), s = tables().sin_of(bin * n);
    const auto &even = lines[static_cast<std::size_t>(n)], &odd = lines[static_cast<std::size_t>(side - n)];
    for (std::size_t line = 0; line < side; ++line) {
      re[line] += c * even[line];
      im[line] += s * odd[line];
    }
  }
  double total = 0;
  for (std::size_t line = 0; line < side; ++line) total += re[line] * re[line] + im[line] * im[line];
  return total / side;
}

template <std::size_t Count>
double mean_power(const Lines& lines, const std::array<int, Count>& bins) {
  double sum = 0;
  for (const int bin : bins) sum += power(lines, bin);
  return sum / static_cast<double>(Count);
}

PatternPower powers_of(Lines& lines, double floor) {
  prepare(lines);
  fold(lines);
  return {.at_2 = static_cast<float>(floor + power(lines, period_2)),
          .near_2 = static_cast<float>(floor + mean_power(lines, beside_2)),
          .at_4 = static_cast<float>(floor + power(lines, period_4)),
          .near_4 = static_cast<float>(floor + mean_power(lines, beside_4))};
}

}  // namespace

template <Real T>
bool is_measurable(const BlockView<T>& block) {
  bool finite = true, constant = true;
  for (std::int64_t y = 0; y < side; ++y) {
    const T* row = block.first + y * block.row;
    for (std::int64_t i = 0; i < side * block.channels; ++i) {
      finite = finite && std::isfinite(row[i]);
      constant = constant && row[i] == block.first[i % block.channels];
    }
  }
  return finite && !constant;
}

template <Real T>
double roughness(const BlockView<T>& block) {
  const auto squares = [](const T* from, std::int64_t count, std::int64_t step) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double difference = static_cast<double>(from[i]) - 2 * static_cast<double>(from[i + step]) +
                                static_cast<double>(from[i + 2 * step]);
      sum += difference * difference;
    }
    return sum;
  };
  double sum = 0;
  for (std::int64_t y = 0; y < side; ++y) {
    const T* row = block.first + y * block.row;
    sum += squares(row, (side - 2) * block.channels, block.channels);
    if (y < side - 2) sum += squares(row, side * block.channels, block.row);
  }
  return sum / static_cast<double>(2 * side * (side - 2) * block.channels);
}

template <Real T>
std::vector<PatternPower> pattern_powers(const BlockView<T>& block) {
  std::vector<PatternPower> powers;
  const auto columns = std::make_unique<Lines>(), rows = std::make_unique<Lines>();
  for (std::int64_t band = 0; band < block.channels; ++band) {
    double squares = 0;
    for (std::size_t y = 0; y < side; ++y)
      for (std::size_t x = 0; x < side; ++x) {
        const auto value = static_cast<double>(block.first[static_cast<std::int64_t>(y) * block.row +
                                                           static_cast<std::int64_t>(x) * block.channels + band]);
        (*columns)[y][x] = value;
        (*rows)[x][y] = value;
        squares += value * value;
      }
    const double floor = tables().hann_power * noise * noise * squares / (side * side);
    powers.push_back(powers_of(*columns, floor));
    powers.push_back(powers_of(*rows, floor));
  }
  return powers;
}

template bool is_measurable(const BlockView<float>&);
template bool is_measurable(const BlockView<double>&);
template double roughness(const BlockView<float>&);
template double roughness(const BlockView<double>&);
template std::vector<PatternPower> pattern_powers(const BlockView<float>&);
template std::vector<PatternPower> pattern_powers(const BlockView<double>&);

}  // namespace premix::metrics
