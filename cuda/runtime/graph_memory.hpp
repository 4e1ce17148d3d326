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

/// Memory of a CudaGraph, or of several that share it. Recorded kernels keep their addresses, so no other work may use
/// this memory. It serves one stream during a recording; in stream order, freed blocks are reusable at once. Blocks and
/// graphs keep it alive.
class GraphMemory {
 public:
  explicit GraphMemory(Cuda device) : device_(device) {}
  ~GraphMemory();
  GraphMemory(const GraphMemory&) = delete;
  GraphMemory& operator=(const GraphMemory&) = delete;

  std::size_t bytes() const { return bytes_; }

  /// During its lifetime, allocate_in_graph() and deallocate_in_graph() serve the stream from a GraphMemory.
  class Recording {
   public:
    explicit Recording(std::shared_ptr<GraphMemory> memory);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

   private:
    CUstream_st* stream_;
  };

  /// Contiguous bytes of one segment.
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
  std::vector<void*> kept_;         // blocks of other memory freed by the recorded work, which may refer to them
};

/// Allocates a block from the memory of the graph being recorded in the stream. Returns a result like that of
/// cudaMalloc, or nothing if no graph is being recorded there.
std::optional<cudaError_t> allocate_in_graph(Cuda device, std::size_t bytes, void** block);

/// Frees a block of a graph, or any block if the stream is being recorded. Returns whether it did.
bool deallocate_in_graph(Cuda device, void* block) noexcept;

/// Bytes held by the graphs of a GPU.
std::size_t graph_memory_bytes(int index);

}  // namespace premix
