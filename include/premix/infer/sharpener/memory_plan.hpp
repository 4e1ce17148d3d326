#pragma once

#include <cstdint>
#include <iosfwd>

namespace premix {

/// Bytes that SceneSharpener::run() takes at most, by what they are for.
struct MemoryPlan {
  std::int64_t process = 0;  // code and libraries of a program that fuses files
  std::int64_t weights = 0;  // of the network, as it was given and as kernels want it
  std::int64_t reading = 0;  // windows of PAN and MS on their way from the files
  std::int64_t chunks = 0;   // rows of the scene that are still looked at
  std::int64_t views = 0;    // what the method sees of them
  std::int64_t fusing = 0;   // maps of the network, or a block of a classical method
  std::int64_t pieces = 0;   // fused rows and pieces on their way to the output
  std::int64_t work = 0;     // chunks, views and back-projections while they are made

  /// Of the CPU's pool.
  std::int64_t pool() const { return weights + reading + chunks + views + fusing + pieces + work; }
  std::int64_t total() const { return process + pool(); }
};

/// One line: each part in MB.
std::ostream& operator<<(std::ostream& out, const MemoryPlan& plan);

}  // namespace premix
