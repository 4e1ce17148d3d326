#pragma once

#include <cstdint>

namespace bench {

enum class Numbers { f32, f64, bf16 };

/// Loops over memory. Pointers are 64-byte aligned, and count is a multiple of 64.
struct MemoryLoops {
  float (*read)(const float* from, std::int64_t count);
  void (*copy)(const float* from, float* to, std::int64_t count);  // streaming stores, which bypass the caches
  void (*triad)(const float* a, const float* b, float* to, std::int64_t count);  // to = a + 3 b, streaming stores
};

/// Loops of one instruction set, for one thread.
struct Loops {
  MemoryLoops memory[2];  // without and with prefetching; the faster one depends on the processor
  float (*multiply_add_f32)(std::int64_t rounds);
  double (*multiply_add_f64)(std::int64_t rounds);
  float (*multiply_add_bf16)(std::int64_t rounds);  // sums of two products; null where the processor has none
  std::int64_t flops_f32, flops_f64, flops_bf16;    // of one round, a multiplication and an addition each
};

// limit_loops.cpp is compiled once for each instruction set.
#if defined(__x86_64__)
namespace v2 {
Loops loops();
}
namespace v3 {
Loops loops();
}
namespace v4 {
Loops loops();
}
#else
namespace generic {
Loops loops();
}
#endif

}  // namespace bench
