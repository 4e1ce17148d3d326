#pragma once

#include <cstdint>
#include <iosfwd>

namespace premix {

/// Maximum memory of SceneSharpener::run() by purpose, bytes.
struct MemoryPlan {
  std::int64_t process = 0;  // code and libraries of the program
  std::int64_t weights = 0;  // of the network: original and packed for the kernels
  std::int64_t reading = 0;  // windows of PAN and MS being read
  std::int64_t chunks = 0;   // rows of the scene still in use
  std::int64_t views = 0;    // input images of the method
  std::int64_t fusing = 0;   // maps of the network, or a block of a classical method
  std::int64_t pieces = 0;   // fused rows, and pieces being written
  std::int64_t work = 0;     // temporaries of chunks, views and back-projection

  /// Memory from the CPU's pool.
  std::int64_t pool() const { return weights + reading + chunks + views + fusing + pieces + work; }
  std::int64_t total() const { return process + pool(); }
};

/// Prints one line: each part in MB.
std::ostream& operator<<(std::ostream& out, const MemoryPlan& plan);

}  // namespace premix
