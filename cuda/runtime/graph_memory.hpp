#pragma once

#include <cuda_runtime.h>

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "premix/core/device.hpp"

namespace premix {

/// The memory of a CudaGraph, or of several that share it. Kernels that are recorded keep the addresses that they were
/// given, so this memory is nobody else's: it is given out while a graph is recorded, to one stream, in whose order a
/// freed block can serve again at once. A block keeps it alive, as a graph does.
class GraphMemory {
 public:
  explicit GraphMemory(Cuda device) : device_(device) {}
  ~GraphMemory();
  GraphMemory(const GraphMemory&) = delete;
  GraphMemory& operator=(const GraphMemory&) = delete;

  std::size_t bytes() const { return bytes_; }

  /// While it lives, allocate_in_graph() and deallocate_in_graph() serve the stream from a memory.
  class Recording {
   public:
    explicit Recording(std::shared_ptr<GraphMemory> memory);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

   private:
    CUstream_st* stream_;
  };

  /// Neighbouring bytes of one segment.
  struct Range {
    std::size_t bytes, segment;
  };

 private:
  friend std::optional<cudaError_t> allocate_in_graph(Cuda device, std::size_t bytes, void** block);
  friend bool deallocate_in_graph(Cuda device, void* block) noexcept;

  using FreeRanges = std::map<char*, Range>;  // by address

  FreeRanges& free_for(std::size_t segment) { return free_[segments_[segment].small]; }
  cudaError_t take(std::size_t bytes, char** block, Range* range);
  cudaError_t add_segment(std::size_t bytes, bool small);
  void give_back(char* block, Range range);

  struct Segment {
    void* data;
    bool small;
  };
  Cuda device_;
  std::vector<Segment> segments_;
  std::size_t bytes_ = 0;           // of all segments
  std::array<FreeRanges, 2> free_;  // for large blocks and for small ones
  std::vector<void*> kept_;         // blocks from elsewhere that the recorded work freed, and may refer to
};

/// Asks a block for the stream from the graph that is being recorded there: the result, as cudaMalloc has it, or
/// nothing where none is.
std::optional<cudaError_t> allocate_in_graph(Cuda device, std::size_t bytes, void** block);

/// Takes a block back, if it is a graph's, or if the stream is being recorded. Says whether it did.
bool deallocate_in_graph(Cuda device, void* block) noexcept;

/// What the graphs of a GPU hold.
std::size_t graph_memory_bytes(int index);

}  // namespace premix
