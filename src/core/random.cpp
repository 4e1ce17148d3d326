#include "premix/core/random.hpp"

#include <array>
#include <bit>
#include <numeric>
#include <utility>

namespace premix {
namespace {

// Seeding of Python: init_by_array (Matsumoto and Nishimura, 2002), which std::mt19937 lacks. This seed sequence
// supplies the finished state.
class InitByArray {
 public:
  using result_type = std::uint_least32_t;
  explicit InitByArray(std::uint32_t key) : key_(key) {}

  template <class Iterator>
  void generate(Iterator begin, Iterator end) const {
    constexpr std::uint32_t n = 624;
    std::array<std::uint32_t, n> state{};
    state[0] = 19650218u;
    for (std::uint32_t i = 1; i < n; ++i) state[i] = 1812433253u * (state[i - 1] ^ (state[i - 1] >> 30)) + i;

    const auto mixed = [&](std::uint32_t i, std::uint32_t factor) {
      return state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * factor);
    };
    std::uint32_t i = 1;
    const auto advance = [&] {
      if (++i == n) {
        state[0] = state[n - 1];
        i = 1;
      }
    };
    for (std::uint32_t k = 0; k < n; ++k) {
      state[i] = mixed(i, 1664525u) + key_;  // a key of one word: its index is always 0
      advance();
    }
    for (std::uint32_t k = 0; k < n - 1; ++k) {
      state[i] = mixed(i, 1566083941u) - i;
      advance();
    }
    state[0] = 0x80000000u;
    for (std::size_t k = 0; begin != end; ++begin, ++k) *begin = state[k];
  }

  std::size_t size() const { return 1; }
  template <class Iterator>
  void param(Iterator out) const {
    *out = key_;
  }

 private:
  std::uint32_t key_;
};

std::uint32_t below(std::uint32_t bound, std::mt19937& generator) {
  const int bits = std::bit_width(bound);
  for (;;) {
    const auto drawn = static_cast<std::uint32_t>(generator()) >> (32 - bits);
    if (drawn < bound) return drawn;
  }
}

}  // namespace

std::mt19937 python_random(std::uint32_t seed) {
  InitByArray state(seed);
  return std::mt19937(state);
}

std::vector<std::size_t> shuffled_indices(std::size_t count, std::mt19937& generator) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = count; i-- > 1;) std::swap(order[i], order[below(static_cast<std::uint32_t>(i + 1), generator)]);
  return order;
}

template <Real T>
void fill_uniform(Tensor<T>& tensor, double bound, std::mt19937& generator) {
  Tensor<T> drawn(tensor.shape());
  T* values = drawn.mutable_data();
  for (std::int64_t i = 0; i < drawn.size(); ++i) {
    const double unit = (static_cast<double>(generator()) + 0.5) / 4294967296.0;  // strictly between 0 and 1
    values[i] = static_cast<T>((2 * unit - 1) * bound);
  }
  copy_bytes(tensor.mutable_data(), tensor.device(), drawn.data(), cpu(), drawn.bytes());
}

template void fill_uniform(Tensor<float>&, double, std::mt19937&);
template void fill_uniform(Tensor<double>&, double, std::mt19937&);

}  // namespace premix
