#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "premix/core/scalar.hpp"

// Streaming stores of results. A plain store first fetches the cache line that it overwrites, so it doubles the memory
// traffic and evicts useful lines. Included only by files of src/cpu.

namespace premix::on_cpu::PREMIX_ISA {

/// Copies count numbers from scratch in the L1 cache to memory by streaming stores. A thread calls stream_end() after
/// its last copy.
template <Real T>
inline void stream(const T* __restrict from, std::int64_t count, T* __restrict to) {
#if defined(__x86_64__)
  constexpr std::int64_t line = 64, numbers = line / sizeof(T);
  const auto misaligned = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(to) % line);
  const std::int64_t head = misaligned == 0 ? 0 : (line - misaligned) / static_cast<std::int64_t>(sizeof(T));
  std::int64_t i = head < count ? head : count;
  std::memcpy(to, from, static_cast<std::size_t>(i) * sizeof(T));
  for (; i + numbers <= count; i += numbers) {
#if defined(__AVX512F__)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to + i), _mm512_loadu_si512(from + i));
#else
    for (std::int64_t k = 0; k < numbers; k += 16 / static_cast<std::int64_t>(sizeof(T)))
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + i + k),
                       _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i + k)));
#endif
  }
  std::memcpy(to + i, from + i, static_cast<std::size_t>(count - i) * sizeof(T));
#else
  std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
#endif
}

/// Makes streamed data visible to other threads before any later write of this thread.
inline void stream_end() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

/// Writes a result sequentially, in pieces from a loop. Only whole cache lines are streamed; the rest of a piece waits
/// for the next one. Short pieces of one or two kilobytes let the writes overlap with the reads of the next piece.
template <Real T>
class Writer {
 public:
  /// staging: room for a piece and a cache line, in the L1 cache. If null, the loop writes to the result directly,
  /// through the caches.
  Writer(T* to, T* staging, bool past_caches) : to_(to), staging_(staging), past_caches_(past_caches) {}

  /// Returns the address for the next piece.
  T* next() const { return staging_ != nullptr ? staging_ + waiting_ : to_; }

  /// Reports that the loop has written count numbers there.
  void advance(std::int64_t count) {
    if (staging_ == nullptr) {
      to_ += count;
      return;
    }
    waiting_ += count;
    const auto beyond = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(to_ + waiting_) % 64 / sizeof(T));
    if (waiting_ <= beyond) return;
    write(waiting_ - beyond);
    for (std::int64_t i = 0; i < beyond; ++i) staging_[i] = staging_[waiting_ - beyond + i];
    waiting_ = beyond;
  }

  /// Writes the remaining numbers.
  void finish() {
    if (waiting_ > 0) write(waiting_);
    waiting_ = 0;
  }

 private:
  void write(std::int64_t count) {
    if (past_caches_)
      stream(staging_, count, to_);
    else
      std::memcpy(to_, staging_, static_cast<std::size_t>(count) * sizeof(T));
    to_ += count;
  }

  T* to_;
  T* staging_;
  bool past_caches_;
  std::int64_t waiting_ = 0;  // numbers in staging
};

/// Numbers per cache line, for staging.
template <Real T>
inline constexpr std::int64_t line_numbers = 64 / sizeof(T);

/// Returns whether results of `bytes` bytes in total use streaming stores.
inline bool streams(std::int64_t bytes) { return bytes >= (std::int64_t{8} << 20); }

}  // namespace premix::on_cpu::PREMIX_ISA
