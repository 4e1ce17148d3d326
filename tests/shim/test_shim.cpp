#include <cmath>

#include "cuda/ops/reduce.cuh"
#include "cuda/runtime/pack.cuh"
#include "premix/core/cuda.hpp"
#include "premix/core/tensor.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"

// Tests that the shim detects errors in deliberately wrong kernels.

namespace premix {
namespace {

struct Row {
  float* values;
};

struct Memory {
  float values[64];
};

// Each thread reads values of its neighbours on both sides without waiting for them.
__global__ void without_barrier(Row row) {
  auto& memory = shared_memory<Memory>();
  const unsigned thread = threadIdx.x;
  memory.values[thread] = static_cast<float>(thread);
  row.values[thread] = memory.values[(thread + 1) % 64] + memory.values[(thread + 63) % 64];
}

__global__ void with_barrier(Row row) {
  auto& memory = shared_memory<Memory>();
  const unsigned thread = threadIdx.x;
  memory.values[thread] = static_cast<float>(thread);
  __syncthreads();
  row.values[thread] = memory.values[(thread + 1) % 64] + memory.values[(thread + 63) % 64];
}

__global__ void with_a_barrier_for_some(Row) {
  if (threadIdx.x < 40) __syncthreads();
}

__global__ void with_two_barriers(Row) {
  if (threadIdx.x < 40)
    __syncthreads();
  else
    __syncthreads();
}

__global__ void without_waiting_for_copies(Row row) {
  auto& memory = shared_memory<Memory>();
  const unsigned thread = threadIdx.x;
  copy_async<4>(&memory.values[thread], row.values + thread);
  end_copies();
  row.values[thread] = memory.values[thread];
}

__global__ void with_warp_sums(Row row) { row.values[threadIdx.x] = warp_sum(static_cast<float>(threadIdx.x)); }

Tensor<float> run(void (*kernel)(Row)) {
  auto values = Tensor<float>::zeros({1, 1, 1, 64}, cuda(0));
  on_device(cuda(0), [&](auto device) {
    if constexpr (std::is_same_v<decltype(device), Cuda>)
      launch(device, kernel, {dim3(1), 64}, Row{values.mutable_data()});
  });
  return values.to(cpu());
}

}  // namespace

TEST_CASE("the shim shows a missing barrier as NaN", "[shim]") {
  const auto wrong = run(without_barrier), right = run(with_barrier);
  bool missed = false;
  for (const float value : wrong.values()) missed |= std::isnan(value);
  CHECK(missed);
  for (const float value : right.values()) CHECK_FALSE(std::isnan(value));
  CHECK(right(0, 0, 0, 0) == 64);
}

TEST_CASE("the shim refuses divergent barriers", "[shim]") {
  CHECK_THROWS_WITH(run(with_a_barrier_for_some),
                    contains("diverge") && contains("have left the kernel") && contains("test_shim.cpp"));
  CHECK_THROWS_WITH(run(with_two_barriers), contains("diverge") && contains("others wait at"));
  CHECK(run(with_barrier)(0, 0, 0, 1) == 2);  // the shim remains usable
}

TEST_CASE("an asynchronous copy in the shim arrives at the wait", "[shim]") {
  CHECK(std::isnan(run(without_waiting_for_copies)(0, 0, 0, 5)));
}

TEST_CASE("work of a stream in the shim runs at the wait", "[shim]") {
  const CudaStream stream(cuda(0));
  const StreamGuard guard(stream);
  const auto there = Tensor<float>::full({1, 1, 1, 1}, 7, cuda(0));
  const PinnedBuffer back(sizeof(float));
  float& value = *static_cast<float*>(back.data()) = 0;
  copy_bytes_async(back.data(), cpu(), there.data(), cuda(0), sizeof(float));
  CHECK(value == 0);
  synchronize(cuda(0));
  CHECK(value == 7);
}

TEST_CASE("warp sums work in the shim", "[shim]") {
  const auto sums = run(with_warp_sums);
  CHECK(sums(0, 0, 0, 7) == 31 * 16);
  CHECK(sums(0, 0, 0, 40) == 31 * 16 + 32 * 32);
}

}  // namespace premix
