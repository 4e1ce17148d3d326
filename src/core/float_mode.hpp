#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace premix::core {

/// Preserves subnormal numbers on this thread during its lifetime. A program linked with -ffast-math starts with
/// flush-to-zero set, and its threads inherit it. Results would then depend on the link options.
class SubnormalsKept {
 public:
  SubnormalsKept() : before_(read()) {
    if (before_ & flush) write(before_ & ~flush);
  }
  ~SubnormalsKept() {
    if (before_ & flush) write(before_);
  }
  SubnormalsKept(const SubnormalsKept&) = delete;
  SubnormalsKept& operator=(const SubnormalsKept&) = delete;

 private:
#if defined(__x86_64__)
  static constexpr std::uint64_t flush = 0x8040;  // MXCSR: flush to zero, subnormals are zeros
  static std::uint64_t read() { return _mm_getcsr(); }
  static void write(std::uint64_t mode) { _mm_setcsr(static_cast<unsigned>(mode)); }
#elif defined(__aarch64__)
  static constexpr std::uint64_t flush = std::uint64_t{1} << 24;  // FPCR: FZ
  static std::uint64_t read() {
    std::uint64_t mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void write(std::uint64_t mode) { asm volatile("msr fpcr, %0" : : "r"(mode)); }
#else
  static constexpr std::uint64_t flush = 0;
  static std::uint64_t read() { return 0; }
  static void write(std::uint64_t) {}
#endif

  std::uint64_t before_;
};

}  // namespace premix::core
