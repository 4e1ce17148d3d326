#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/memory.hpp"

struct CUevent_st;

// What measure.hpp needs of CUDA; gpu.cpp is compiled in builds with CUDA alone.

namespace bench {

/// Times what goes to a GPU's stream between start() and seconds(), by events. start() first overwrites more memory
/// than the second-level cache holds, so that nothing is warm, and so that the host is ahead of the GPU: launching is
/// not what is timed.
class GpuTimer {
 public:
  explicit GpuTimer(premix::Cuda device);
  ~GpuTimer();
  GpuTimer(const GpuTimer&) = delete;
  GpuTimer& operator=(const GpuTimer&) = delete;

  void start();
  double seconds();  // waits

 private:
  premix::Cuda device_;
  premix::Buffer cold_;
  CUevent_st *start_, *stop_;
};

/// What the second-level cache holds.
std::int64_t cache_bytes(premix::Cuda device);

/// What can still be asked for, after the pool's cached blocks were released.
std::int64_t free_bytes(premix::Cuda device);

/// Bytes per second, read and written ones together, of a copy within the GPU's memory that moves about as many bytes,
/// 4 GiB at most. Timed as kernels are. The median of several; measured once for each size.
double copy_rate(premix::Cuda device, std::int64_t bytes);

/// FLOP/s of products in bfloat16 on tensor cores, by mma.sync, which is what premix's own kernels use: on sm_90 wgmma
/// goes beyond. The best of several runs; measured once.
double matrix_rate(premix::Cuda device);

}  // namespace bench
