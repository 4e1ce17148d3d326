#include "cuda/runtime/graph_memory.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

#include "core/pool.hpp"
#include "cuda/runtime/check.hpp"

namespace premix {
namespace {

// Blocks are aligned like those of cudaMalloc. Small blocks have separate segments, so that they do not split ranges
// needed for large feature maps.
constexpr std::size_t alignment = 256, small_block = std::size_t{1} << 20, segment_step = std::size_t{2} << 20;

std::size_t rounded(std::size_t bytes, std::size_t step) { return (bytes + step - 1) / step * step; }

struct Block {
  std::shared_ptr<GraphMemory> memory;
  GraphMemory::Range range;
};

// Streams being recorded and owners of blocks. Its mutex also guards the members of every GraphMemory. Never destroyed,
// because buffers with static lifetime are freed late.
struct Registry {
  std::mutex mutex;
  std::unordered_map<CUstream_st*, std::shared_ptr<GraphMemory>> recording;
  std::unordered_map<void*, Block> blocks;
  std::map<int, std::size_t> bytes;     // per GPU
  std::atomic<std::size_t> entries{0};  // in recording and blocks; at 0 no lock is needed

  void count() { entries.store(recording.size() + blocks.size(), std::memory_order_relaxed); }
  bool idle() const { return entries.load(std::memory_order_relaxed) == 0; }
};

Registry& registry() {
  static auto* registry = new Registry;
  return *registry;
}

}  // namespace

GraphMemory::Recording::Recording(std::shared_ptr<GraphMemory> memory) : stream_(memory->device_.stream) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  PREMIX_CHECK(!all.recording.contains(stream_), "CudaGraph: the stream is being recorded already");
  all.recording.emplace(stream_, std::move(memory));
  all.count();
}

GraphMemory::Recording::~Recording() {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  all.recording.erase(stream_);  // not the last owner: CudaGraph has memory_
  all.count();
}

// Launched work may still use the memory.
GraphMemory::~GraphMemory() {
  try {
    const detail::CudaScope scope(cuda(device_.index));
    if (cudaStreamSynchronize(device_.stream) != cudaSuccess) cudaGetLastError();
    for (const Segment& segment : segments_)
      if (cudaFree(segment.data) != cudaSuccess) cudaGetLastError();
    for (void* block : kept_) core::deallocate(device_, block, 0);
  } catch (const Error&) {  // the GPU is lost, and its memory with it
  }
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  all.bytes[device_.index] -= bytes_;
}

// Segments may be allocated during a capture. CUDA allows this in the relaxed capture mode. The allocation is not part
// of the recorded work.
cudaError_t GraphMemory::add_segment(std::size_t bytes, bool small) {
  const std::size_t size = rounded(bytes, segment_step);
  segments_.reserve(segments_.size() + 1);
  cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;
  PREMIX_CUDA_CHECK(cudaThreadExchangeStreamCaptureMode(&mode));
  void* data = nullptr;
  const cudaError_t result = cudaMalloc(&data, size);
  PREMIX_CUDA_CHECK(cudaThreadExchangeStreamCaptureMode(&mode));
  if (result != cudaSuccess) return result;
  segments_.push_back({data, small});
  bytes_ += size;
  registry().bytes[device_.index] += size;
  free_[small].emplace(static_cast<char*>(data), Range{size, segments_.size() - 1});
  return cudaSuccess;
}

// Takes the smallest free range that is large enough, the first of equal ones.
cudaError_t GraphMemory::take(std::size_t bytes, char** block, Range* range) {
  const std::size_t wanted = rounded(bytes, alignment);
  const bool small = wanted < small_block;
  FreeRanges& free = free_[small];
  const auto best = [&] {
    auto found = free.end();
    for (auto at = free.begin(); at != free.end(); ++at)
      if (at->second.bytes >= wanted && (found == free.end() || at->second.bytes < found->second.bytes)) found = at;
    return found;
  };
  auto found = best();
  if (found == free.end()) {
    const cudaError_t result = add_segment(wanted, small);
    if (result != cudaSuccess) return result;
    found = best();
  }
  const auto [data, whole] = *found;
  free.erase(found);
  if (whole.bytes > wanted) free.emplace(data + wanted, Range{whole.bytes - wanted, whole.segment});
  *block = data;
  *range = {wanted, whole.segment};
  return cudaSuccess;
}

// Frees a range and merges it with adjacent free ranges.
void GraphMemory::give_back(char* block, Range range) {
  FreeRanges& free = free_for(range.segment);
  const auto after = free.lower_bound(block);
  if (after != free.end() && after->second.segment == range.segment && after->first == block + range.bytes) {
    range.bytes += after->second.bytes;
    free.erase(after);
  }
  const auto next = free.lower_bound(block);
  if (next != free.begin()) {
    const auto before = std::prev(next);
    if (before->second.segment == range.segment && before->first + before->second.bytes == block) {
      before->second.bytes += range.bytes;
      return;
    }
  }
  free.emplace(block, range);
}

std::optional<cudaError_t> allocate_in_graph(Cuda device, std::size_t bytes, void** block) {
  Registry& all = registry();
  if (all.idle()) return std::nullopt;
  const std::lock_guard lock(all.mutex);
  const auto recording = all.recording.find(device.stream);
  if (recording == all.recording.end()) return std::nullopt;
  const std::shared_ptr<GraphMemory>& memory = recording->second;
  char* data = nullptr;
  GraphMemory::Range range{};
  const cudaError_t result = memory->take(bytes, &data, &range);
  if (result != cudaSuccess) return result;
  all.blocks.emplace(data, Block{memory, range});
  all.count();
  *block = data;
  return cudaSuccess;
}

bool deallocate_in_graph(Cuda device, void* block) noexcept {
  Registry& all = registry();
  if (all.idle()) return false;
  std::shared_ptr<GraphMemory> owner;  // released after the lock, because its destructor locks
  try {
    const std::lock_guard lock(all.mutex);
    const auto found = all.blocks.find(block);
    const auto recording = all.recording.find(device.stream);
    if (recording != all.recording.end() && (found == all.blocks.end() || found->second.memory != recording->second)) {
      recording->second->kept_.push_back(block);
      return true;
    }
    if (found == all.blocks.end()) return false;
    owner = std::move(found->second.memory);
    const GraphMemory::Range range = found->second.range;
    all.blocks.erase(found);
    all.count();
    owner->give_back(static_cast<char*>(block), range);
  } catch (const std::bad_alloc&) {  // the block stays unused
  }
  return true;
}

std::size_t graph_memory_bytes(int index) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  const auto found = all.bytes.find(index);
  return found == all.bytes.end() ? 0 : found->second;
}

}  // namespace premix
