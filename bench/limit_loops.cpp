// Loops that measure the machine's limits, in the compiler's vector types. Compiled once per instruction set.
// bench/CMakeLists.txt allows contraction of a * b + c to a fused multiply-add.

#include "limit_loops.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace bench::PREMIX_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

template <class T>
struct Vectors {
  typedef T Type __attribute__((vector_size(vector_bytes)));
  static constexpr int lanes = vector_bytes / static_cast<int>(sizeof(T));
};
using Floats = Vectors<float>::Type;
constexpr int lanes = Vectors<float>::lanes;

inline Floats load(const float* from) { return *reinterpret_cast<const Floats*>(from); }

inline void stream_store(float* to, Floats v) {
#if defined(__AVX512F__)
  _mm512_stream_ps(to, v);
#elif defined(__AVX2__)
  _mm256_stream_ps(to, v);
#elif defined(__x86_64__)
  _mm_stream_ps(to, v);
#else
  *reinterpret_cast<Floats*>(to) = v;
#endif
}

// Streaming stores are weakly ordered.
inline void finish_stores() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

// ahead: prefetch distance in bytes; 0 leaves prefetching to the processor.
template <int ahead>
inline void prefetch(const float* from) {
  if constexpr (ahead > 0) __builtin_prefetch(reinterpret_cast<const char*>(from) + ahead, 0, 0);
}

template <int ahead>
float read(const float* from, std::int64_t count) {
  Floats sums[4] = {};
  for (std::int64_t i = 0; i < count; i += 4 * lanes)
    for (int j = 0; j < 4; ++j) {
      prefetch<ahead>(from + i + j * lanes);
      sums[j] += load(from + i + j * lanes);
    }
  return (sums[0] + sums[1] + sums[2] + sums[3])[0];
}

template <int ahead>
void copy(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += lanes) {
    prefetch<ahead>(from + i);
    stream_store(to + i, load(from + i));
  }
  finish_stores();
}

template <int ahead>
void triad(const float* a, const float* b, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += lanes) {
    prefetch<ahead>(a + i);
    prefetch<ahead>(b + i);
    stream_store(to + i, load(a + i) + 3.0f * load(b + i));
  }
  finish_stores();
}

template <int ahead>
constexpr MemoryLoops memory_loops{read<ahead>, copy<ahead>, triad<ahead>};

// Independent sums. More than latency times units of any processor so far (5 x 2), and at most 16 registers with the
// two factors.
constexpr int chains = 12;

template <class T>
T multiply_add(std::int64_t rounds) {
  using V = typename Vectors<T>::Type;
  V sums[chains] = {}, factor = V{} + T(0.5), term = V{} + T(1);
  asm volatile("" : "+m"(factor), "+m"(term));  // hides the values from the compiler
  const V f = factor, t = term;
  for (std::int64_t i = 0; i < rounds; ++i)
    for (V& sum : sums) sum = sum * f + t;
  V total{};
  for (const V& sum : sums) total += sum;
  return total[0];
}

#if defined(__AVX512F__)
[[gnu::target("avx512bf16")]] float multiply_add_bf16(std::int64_t rounds) {
  __m512 sums[chains] = {};
  auto one = (__m512bh)_mm512_set1_epi16(0x3f80);
  asm volatile("" : "+m"(one));
  const __m512bh x = one;
  for (std::int64_t i = 0; i < rounds; ++i)
    for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, x, x);
  __m512 total = {};
  for (const __m512& sum : sums) total += sum;
  return total[0];
}

float (*bf16_loop())(std::int64_t) { return __builtin_cpu_supports("avx512bf16") ? multiply_add_bf16 : nullptr; }
#else
float (*bf16_loop())(std::int64_t) { return nullptr; }
#endif

}  // namespace

Loops loops() {
  constexpr std::int64_t flops = 2 * chains * lanes;
  return {{memory_loops<0>, memory_loops<2048>},
          multiply_add<float>,
          multiply_add<double>,
          bf16_loop(),
          flops,
          flops / 2,
          2 * flops};
}

}  // namespace bench::PREMIX_ISA
