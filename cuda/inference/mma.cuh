#pragma once

#include <cstdint>

#include "cuda/runtime/shared.cuh"
#include "premix/core/scalar.hpp"
#include "premix/kernels/convert.hpp"

// bfloat16 products on tensor cores (PTX ISA, mma.m16n8k16): sums (16, 8) += a (16, 16) b (16, 8). The 32 lanes of a
// warp work together, and each holds a part of each matrix. With g = lane / 4 and q = lane % 4, and pairs of adjacent
// numbers, the first in the low half:
//
//   a     pairs at columns 2 q, 2 q + 1 of rows g and g + 8, then at columns 2 q + 8, 2 q + 9 of the same rows
//   b     pairs at rows 2 q, 2 q + 1 of column g, then at rows 2 q + 8, 2 q + 9
//   sums  columns 2 q, 2 q + 1 of row g, then of row g + 8

namespace premix::kernels {

struct FragmentA {
  std::uint32_t pairs[4];
};
struct alignas(8) FragmentB {
  std::uint32_t pairs[2];
};
struct Sums {
  float v[4];
};

/// sums += a b, in float.
__device__ __forceinline__ void multiply_add(Sums& sums, const FragmentA& a, const FragmentB& b) {
#if defined(__CUDACC__)
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
      "%3};"
      : "+f"(sums.v[0]), "+f"(sums.v[1]), "+f"(sums.v[2]), "+f"(sums.v[3])
      : "r"(a.pairs[0]), "r"(a.pairs[1]), "r"(a.pairs[2]), "r"(a.pairs[3]), "r"(b.pairs[0]), "r"(b.pairs[1]));
#else
  struct Held {
    FragmentA a;
    FragmentB b;
  };
  const Held held{a, b};
  const unsigned lane = threadIdx.x % 32, g = lane / 4, q = lane % 4;
  shim::give(&held, sizeof held);
  const auto number = [](std::uint32_t pair, unsigned half) {
    return widened(bf16_t{static_cast<std::uint16_t>(pair >> 16 * half)});
  };
  const auto held_by = [](unsigned other) { return *static_cast<const Held*>(shim::given_by(other)); };
  for (unsigned i = 0; i < 4; ++i)
    for (unsigned part = 0; part < 4; ++part) {  // lanes with row g of a and the column of b
      const Held of_row = held_by(4 * g + part), of_column = held_by(4 * (2 * q + i % 2) + part);
      for (unsigned half = 0; half < 2; ++half)
        for (unsigned k = 0; k < 2; ++k)
          sums.v[i] += number(of_row.a.pairs[2 * half + i / 2], k) * number(of_column.b.pairs[half], k);
    }
  shim::taken();
#endif
}

/// Loads matrix a from shared memory. half_row: row lane % 16 of a, at column 0 on lanes below 16 and column 8 on the
/// others; 16-byte aligned.
__device__ __forceinline__ FragmentA load_fragment(const bf16_t* half_row) {
  FragmentA a;
#if defined(__CUDACC__)
  const auto address = static_cast<unsigned>(__cvta_generic_to_shared(half_row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(a.pairs[0]), "=r"(a.pairs[1]), "=r"(a.pairs[2]), "=r"(a.pairs[3])
               : "r"(address)
               : "memory");
#else
  const unsigned lane = threadIdx.x % 32;
  shim::require_aligned(half_row, 16);
  shim::give(&half_row, sizeof half_row);
  for (unsigned i = 0; i < 4; ++i) {  // matrix i of 8 x 8; lane 8 i + r holds the address of its row r
    const bf16_t* from = *static_cast<const bf16_t* const*>(shim::given_by(8 * i + lane / 4)) + lane % 4 * 2;
    a.pairs[i] = from[0].bits | static_cast<std::uint32_t>(from[1].bits) << 16;
  }
  shim::taken();
#endif
  return a;
}

}  // namespace premix::kernels
