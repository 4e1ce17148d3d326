#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/memory.hpp"

struct CUevent_st;

// CUDA part of measure.hpp. Only builds with CUDA compile gpu.cpp.

namespace bench {

/// Measures the work in a GPU's stream between start() and seconds() with events. start() overwrites more memory than
/// the L2 cache holds. So the data are cold, and the host runs ahead of the GPU, which hides the launch.
class GpuTimer {
 public:
  explicit GpuTimer(premix::Cuda device);
  ~GpuTimer();
  GpuTimer(const GpuTimer&) = delete;
  GpuTimer& operator=(const GpuTimer&) = delete;

  void start();
  double seconds();  // waits for the end of the work

 private:
  premix::Cuda device_;
  premix::Buffer cold_;
  CUevent_st *start_, *stop_;
};

/// Size of the L2 cache.
std::int64_t cache_bytes(premix::Cuda device);

/// Bytes that can be allocated, after a release of the pool's cached blocks.
std::int64_t free_bytes(premix::Cuda device);

/// Bytes per second, read plus written, of a copy within the GPU's memory. The copy moves about `bytes`, at most 4 GiB.
/// Timed like kernels. The median of several runs, measured once per size.
double copy_rate(premix::Cuda device, std::int64_t bytes);

/// FLOP/s of bfloat16 products on tensor cores with mma.sync, the instruction of premix's kernels. On sm_90, wgmma is
/// faster. The best of several runs, measured once.
double matrix_rate(premix::Cuda device);

}  // namespace bench
