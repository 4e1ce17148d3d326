#pragma once

#include <cstdint>

namespace bench {

enum class Numbers { f32, f64, bf16 };

/// Loops over memory. The pointers are 64-byte aligned, count is a multiple of 64.
struct MemoryLoops {
  float (*read)(const float* from, std::int64_t count);
  void (*copy)(const float* from, float* to, std::int64_t count);                // its stores bypass the caches
  void (*triad)(const float* a, const float* b, float* to, std::int64_t count);  // to = a + 3 b, the same stores
};

/// What an instruction set's loops do in one thread.
struct Loops {
  MemoryLoops memory[2];  // as they are, and asking for what they will read; which is faster depends on the processor
  float (*multiply_add_f32)(std::int64_t rounds);
  double (*multiply_add_f64)(std::int64_t rounds);
  float (*multiply_add_bf16)(
      std::int64_t rounds);  // pairs of products added to a float; null where the processor has none
  std::int64_t flops_f32, flops_f64, flops_bf16;  // in one round, a multiplication and an addition each
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
