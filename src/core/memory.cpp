#include "premix/core/memory.hpp"

#include <sys/mman.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/pool.hpp"

namespace premix {
namespace {

// Block sizes are rounded up to eight sizes per power of two. At most an eighth is wasted, and the recurring shapes of
// a network reuse blocks for any batch size. Fresh pages cost more than the arithmetic on them, so freed blocks are
// cached.
std::size_t size_class(std::size_t bytes) {
  constexpr std::size_t smallest = 512;
  if (bytes <= smallest) return smallest;
  const std::size_t step = std::bit_floor(bytes - 1) / 8;
  return (bytes + step - 1) / step * step;
}

constexpr std::size_t huge_page = std::size_t{2} << 20;

// Blocks of this size and more are mapped one by one, so that a release returns the memory. The C library keeps freed
// blocks of up to 32 MB in its heaps.
constexpr std::size_t smallest_mapped = std::size_t{1} << 20;

// Large blocks use huge pages if the system provides them on request. Feature maps are read with strides of many pages,
// and fresh small pages cost more than the arithmetic on them. The first call of the network at 512 x 512 takes 0.93 s
// with huge pages and 1.14 s without.
void* map_block(std::size_t bytes) {
  const std::size_t alignment = bytes < 2 * huge_page ? 0 : huge_page;
  void* mapped = mmap(nullptr, bytes + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  if (alignment == 0) return mapped;
  char* const first = static_cast<char*>(mapped);
  const std::size_t before = (alignment - reinterpret_cast<std::uintptr_t>(first) % alignment) % alignment;
  if (before > 0) munmap(first, before);
  if (before < alignment) munmap(first + before + bytes, alignment - before);
#ifdef MADV_HUGEPAGE
  madvise(first + before, bytes, MADV_HUGEPAGE);
#endif
  return first + before;
}

void* from_system(std::size_t bytes) {
  return bytes < smallest_mapped ? std::aligned_alloc(64, bytes) : map_block(bytes);
}

void to_system(void* block, std::size_t bytes) {
  if (bytes < smallest_mapped)
    std::free(block);
  else
    munmap(block, bytes);
}

class CpuPool {
 public:
  void* allocate(std::size_t bytes) {
    const std::size_t rounded = size_class(bytes);
    {
      const std::lock_guard lock(mutex_);
      use_.in_use += rounded;
      auto& blocks = free_[rounded];
      if (!blocks.empty()) {
        void* block = blocks.back();
        blocks.pop_back();
        use_.cached -= rounded;
        return block;
      }
    }
    void* block = from_system(rounded);
    if (block == nullptr) {
      release();  // cached blocks of other sizes may free the missing memory
      block = from_system(rounded);
    }
    if (block == nullptr) {
      const std::lock_guard lock(mutex_);
      use_.in_use -= rounded;
      fail(ErrorKind::device, "out of memory on the CPU: ", bytes, " bytes requested, ", use_.in_use, " in use");
    }
    return block;
  }

  void deallocate(void* block, std::size_t bytes) noexcept {
    const std::size_t rounded = size_class(bytes);
    const std::lock_guard lock(mutex_);
    use_.in_use -= rounded;
    try {
      free_[rounded].push_back(block);
      use_.cached += rounded;
    } catch (const std::bad_alloc&) {
      to_system(block, rounded);
    }
  }

  void release() {
    const std::lock_guard lock(mutex_);
    for (auto& [bytes, blocks] : free_)
      for (void* block : blocks) to_system(block, bytes);
    free_.clear();
    use_.cached = 0;
  }

  MemoryUse use() {
    const std::lock_guard lock(mutex_);
    return use_;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::size_t, std::vector<void*>> free_;
  MemoryUse use_;
};

// Never destroyed: static tensors may outlive any destruction order.
CpuPool& cpu_pool() {
  static auto* pool = new CpuPool;
  return *pool;
}

}  // namespace

namespace core {

std::size_t block_bytes(std::size_t bytes) { return size_class(bytes); }
void* allocate(Cpu, std::size_t bytes) { return cpu_pool().allocate(bytes); }
void deallocate(Cpu, void* block, std::size_t bytes) noexcept { cpu_pool().deallocate(block, bytes); }
void zero(Cpu, void* to, std::size_t bytes) { std::memset(to, 0, bytes); }
MemoryUse use(Cpu) { return cpu_pool().use(); }
void release(Cpu) { cpu_pool().release(); }
void copy(Cpu, void* to, Cpu, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }

}  // namespace core

namespace {

// Returns the stream of a device tag; null for the CPU.
CUstream_st* stream_of(Cpu) { return nullptr; }
[[maybe_unused]] CUstream_st* stream_of(Cuda device) { return device.stream; }
[[maybe_unused]] Cpu on_stream(Cpu, CUstream_st*) { return {}; }
[[maybe_unused]] Cuda on_stream(Cuda device, CUstream_st* stream) { return {stream, device.index}; }

}  // namespace

Buffer::Buffer(std::size_t bytes, Device device) : bytes_(bytes), device_(device) {
  on_device(device, [&](auto tag) {
    data_ = core::allocate(tag, bytes);
    stream_ = stream_of(tag);
  });
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      device_(other.device_),
      stream_(other.stream_) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(device_, other.device_);
  std::swap(stream_, other.stream_);
  return *this;
}

Buffer::~Buffer() {
  if (data_ == nullptr) return;
  try {
    on_device(device_, [&](auto tag) { core::deallocate(on_stream(tag, stream_), data_, bytes_); });
  } catch (const Error&) {  // the GPU is lost, with its memory
  }
}

void copy_bytes(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes) {
  if (bytes == 0) return;
  on_device(to_device,
            [&](auto there) { on_device(from_device, [&](auto here) { core::copy(there, to, here, from, bytes); }); });
}

void zero_bytes(void* to, Device device, std::size_t bytes) {
  if (bytes == 0) return;
  on_device(device, [&](auto tag) { core::zero(tag, to, bytes); });
}

MemoryUse memory_use(Device device) {
  return on_device(device, [](auto tag) { return core::use(tag); });
}

void release_cached_memory(Device device) {
  on_device(device, [](auto tag) { core::release(tag); });
}

}  // namespace premix
