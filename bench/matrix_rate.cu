#include <algorithm>

#include "cuda/inference/mma.cuh"
#include "cuda/runtime/launch.cuh"
#include "gpu.hpp"

namespace bench {
namespace {

using premix::Cuda;

// Independent sums of each warp, which hide the latency of the products.
constexpr int chains = 8;
constexpr std::int64_t flops_of_product = 2 * 16 * 8 * 16;

struct MatrixArgs {
  float* y;  // one number per thread, so that the compiler keeps the products
  int rounds;
};

__global__ void matrix_kernel(MatrixArgs args) {
  const auto lane = static_cast<std::uint32_t>(threadIdx.x);
  const premix::FragmentA a{{lane, lane, lane, lane}};  // tiny values
  const premix::FragmentB b{{lane, lane}};
  premix::Sums sums[chains] = {};
  for (int round = 0; round < args.rounds; ++round)
#pragma unroll
    for (premix::Sums& one : sums) premix::multiply_add(one, a, b);
  float sum = 0;
#pragma unroll
  for (const premix::Sums& one : sums) sum += one.v[0] + one.v[1] + one.v[2] + one.v[3];
  args.y[premix::global_thread()] = sum;
}

}  // namespace

double matrix_rate(Cuda device) {
  static double known = 0;
  if (known > 0) return known;
  int multiprocessors = 0;
  PREMIX_CUDA_CHECK(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device.index));
  const std::int64_t blocks = 4 * multiprocessors, warps = blocks * premix::block_threads / 32;
  const premix::Scratch<float> y(device, blocks * premix::block_threads);
  const MatrixArgs args{y.data(), 2000};
  GpuTimer timer(device);
  for (int run = 0; run < 5; ++run) {
    timer.start();
    premix::launch(device, matrix_kernel, {dim3(static_cast<unsigned>(blocks)), premix::block_threads}, args);
    known = std::max(known, static_cast<double>(warps * args.rounds * chains * flops_of_product) / timer.seconds());
  }
  return known;
}

}  // namespace bench
