#include <algorithm>
#include <boost/context/fiber.hpp>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "device_memory.hpp"

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace shim {
namespace {

namespace context = boost::context;

enum class State { ready, at_barrier, in_exchange, done };

struct Copy {
  void* to;
  const void* from;
  int bytes;
};

// A thread of a block. Its fiber is reused by later blocks, which saves allocations of stacks.
struct Thread {
  context::fiber fiber, scheduler;
  State state = State::done;
  std::source_location where;
  alignas(16) unsigned char given[64];           // shown to the warp
  std::vector<std::vector<Copy>> copies = {{}};  // by group, the last one open

  void wait(State for_what, std::source_location at) {
    state = for_what;
    where = at;
    scheduler = std::move(scheduler).resume();
  }
};

std::mutex one_at_a_time;
// Never destroyed, because the sanitizer reports fibers that are unwound at exit.
std::deque<Thread>& threads = *new std::deque<Thread>;
const std::function<void()>* body;
std::unique_ptr<unsigned char[]> static_shared, dynamic_shared;
std::size_t static_bytes;

Thread& self() { return threads[threadIdx.x]; }

std::string text(const std::source_location& where) {
  return std::string(where.file_name()) + ':' + std::to_string(where.line());
}

bool same(const std::source_location& a, const std::source_location& b) {
  return a.line() == b.line() && std::strcmp(a.file_name(), b.file_name()) == 0;
}

// Returns memory filled with NaN. Its size is exact, so the sanitizer detects accesses beyond the end.
std::unique_ptr<unsigned char[]> undefined(std::size_t bytes) {
  auto memory = std::make_unique<unsigned char[]>(bytes);
  std::memset(memory.get(), 0xff, bytes);
  return memory;
}

void start(Thread& thread) {
  thread.state = State::ready;
  thread.copies = {{}};
  if (thread.fiber) return;
  thread.fiber =
      context::fiber(std::allocator_arg, context::fixedsize_stack(128 * 1024), [&thread](context::fiber&& scheduler) {
        for (thread.scheduler = std::move(scheduler);;) {
          (*body)();
          thread.wait(State::done, {});
        }
        return context::fiber();
      });
}

[[noreturn]] void fail(const std::string& message) {
  threads.clear();
  throw std::logic_error("CUDA shim: " + message);
}

// Lets threads first .. last - 1 continue if all of them wait at the same place. Returns whether they continue.
bool release(std::size_t first, std::size_t last, State waiting) {
  const auto begin = threads.begin() + static_cast<std::ptrdiff_t>(first),
             end = threads.begin() + static_cast<std::ptrdiff_t>(last);
  if (!std::all_of(begin, end, [&](const Thread& t) { return t.state == waiting && same(t.where, begin->where); }))
    return false;
  std::for_each(begin, end, [](Thread& t) { t.state = State::ready; });
  return true;
}

void release_any(std::size_t count) {
  if (release(0, count, State::at_barrier)) return;
  bool any = false;
  for (std::size_t warp = 0; warp < count; warp += 32)
    any |= release(warp, std::min(warp + 32, count), State::in_exchange);
  if (any) return;
  const auto waiting =
      std::find_if(threads.begin(), threads.end(), [](const Thread& t) { return t.state != State::done; });
  const auto other =
      std::find_if(threads.begin(), threads.begin() + static_cast<std::ptrdiff_t>(count),
                   [&](const Thread& t) { return t.state != waiting->state || !same(t.where, waiting->where); });
  fail("threads of a block diverge: some wait at " + text(waiting->where) + ", others " +
       (other->state == State::done ? "have left the kernel" : "wait at " + text(other->where)));
}

class Order {
 public:
  Order() {
    const char* name = std::getenv("PREMIX_SHIM_ORDER");
    name_ = name == nullptr ? "forward" : name;
  }
  std::vector<std::size_t> of(std::size_t count) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    if (name_ == "backward") std::reverse(order.begin(), order.end());
    if (name_ == "shuffled") std::shuffle(order.begin(), order.end(), generator_);
    return order;
  }

 private:
  std::string name_;
  std::mt19937 generator_;
};

void run_block(std::size_t count, Order& order) {
  static_shared.reset();
  for (std::size_t i = 0; i < count; ++i) start(threads[i]);
  for (;;) {
    for (const std::size_t i : order.of(count)) {
      if (threads[i].state != State::ready) continue;
      threadIdx.x = static_cast<unsigned>(i);
      threads[i].fiber = std::move(threads[i].fiber).resume();
    }
    const auto done = [](const Thread& t) { return t.state == State::done; };
    if (std::all_of(threads.begin(), threads.begin() + static_cast<std::ptrdiff_t>(count), done)) return;
    release_any(count);
  }
}

}  // namespace

void launch(const cudaLaunchConfig_t& config, const std::function<void()>& kernel) {
  static Order order;
  const std::lock_guard lock(one_at_a_time);
  const DeviceMemoryAccess access;
  const std::size_t count = config.blockDim.x,
                    blocks = std::size_t{config.gridDim.x} * config.gridDim.y * config.gridDim.z;
  if (count == 0 || count > 1024 || blocks == 0 || config.gridDim.y > 65535 || config.gridDim.z > 65535)
    fail("no such launch is possible");
  if (config.dynamicSmemBytes > 227 * 1024) fail("too much shared memory");
  body = &kernel;
  if (threads.size() < count) threads.resize(count);
  blockDim = config.blockDim;
  gridDim = config.gridDim;
  for (const std::size_t block : order.of(blocks)) {
    const std::size_t x = block % config.gridDim.x, y = block / config.gridDim.x % config.gridDim.y;
    const std::size_t z = block / config.gridDim.x / config.gridDim.y;
    blockIdx = dim3(static_cast<unsigned>(x), static_cast<unsigned>(y), static_cast<unsigned>(z));
    dynamic_shared = undefined(config.dynamicSmemBytes);
    run_block(count, order);
  }
}

void* static_shared_memory(std::size_t bytes) {
  if (!static_shared) {
    static_shared = undefined(bytes);
    static_bytes = bytes;
  }
  if (bytes != static_bytes) fail("a kernel has two static shared memories");
  return static_shared.get();
}

unsigned char* dynamic_shared_memory() { return dynamic_shared.get(); }

void require_aligned(const void* address, unsigned bytes) {
  if (reinterpret_cast<std::uintptr_t>(address) % bytes != 0) std::abort();
}

void copy_async(void* to, const void* from, int bytes) {
  require_aligned(to, static_cast<unsigned>(bytes));
  require_aligned(from, static_cast<unsigned>(bytes));
  self().copies.back().push_back({to, from, bytes});
}

void end_copies() { self().copies.emplace_back(); }

void wait_copies(int but) {
  auto& groups = self().copies;
  const auto arrived = static_cast<std::ptrdiff_t>(groups.size()) - 1 - but;
  if (arrived <= 0) return;
  for (std::ptrdiff_t i = 0; i < arrived; ++i)
    for (const Copy& copy : groups[static_cast<std::size_t>(i)])
      std::memcpy(copy.to, copy.from, static_cast<std::size_t>(copy.bytes));
  groups.erase(groups.begin(), groups.begin() + arrived);
}

void block_barrier(std::source_location where) { self().wait(State::at_barrier, where); }

void give(const void* value, std::size_t bytes, std::source_location where) {
  if (bytes > sizeof(Thread::given)) fail("a lane gives too much");
  std::memcpy(self().given, value, bytes);
  self().wait(State::in_exchange, where);
}

const void* given_by(unsigned lane) { return threads[threadIdx.x / 32 * 32 + lane].given; }

void taken(std::source_location where) { self().wait(State::in_exchange, where); }

void exchange(void* value, std::size_t bytes, unsigned lane, std::source_location where) {
  give(value, bytes, where);
  std::memcpy(value, given_by(lane), bytes);
  taken(where);
}

}  // namespace shim
