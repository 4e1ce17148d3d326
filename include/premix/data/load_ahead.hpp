#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"

namespace premix {

/// Makes items 0 to count - 1 in worker threads, and hands them out in order. Order and bytes do not depend on the
/// number of workers. An exception from an item is thrown at its turn.
template <class Item>
class LoadAhead {
 public:
  /// Returns an item; called from worker threads.
  using Source = std::function<Item(std::size_t index)>;

  struct Options {
    std::size_t workers = 8;  // threads; 0: the caller makes the items
    std::size_t ahead = 16;   // items made before their turn, at most; 0 counts as 1
  };

  LoadAhead(Source source, std::size_t count, Options options)
      : source_(std::move(source)), options_(options), slots_(count) {
    options_.ahead = std::max<std::size_t>(options_.ahead, 1);
    const std::size_t workers = std::min(options_.workers, count);
    for (std::size_t i = 0; i < workers; ++i)
      workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
  LoadAhead(const LoadAhead&) = delete;
  LoadAhead& operator=(const LoadAhead&) = delete;

  std::size_t count() const { return slots_.size(); }

  /// Number of items handed out.
  std::size_t taken() const { return taken_; }

  /// Returns the next item. There must be one.
  Item next() {
    PREMIX_CHECK(taken_ < slots_.size(), "LoadAhead::next: all ", slots_.size(), " items are taken");
    if (workers_.empty()) {
      Item item = source_(taken_);
      ++taken_;
      return item;
    }
    std::unique_lock lock(mutex_);
    Slot& slot = slots_[taken_];
    changed_.wait(lock, [&slot] { return slot.item || slot.error; });
    if (slot.error) std::rethrow_exception(slot.error);
    Item item = std::move(*slot.item);
    slot.item.reset();
    ++taken_;
    lock.unlock();
    changed_.notify_all();
    return item;
  }

 private:
  struct Slot {
    std::optional<Item> item;
    std::exception_ptr error;
  };

  void work(const std::stop_token& stop) {
    set_threads(1);  // loops in a worker are serial; the workers run in parallel
    std::unique_lock lock(mutex_);
    for (;;) {
      const bool free =
          changed_.wait(lock, stop, [this] { return started_ == slots_.size() || started_ < taken_ + options_.ahead; });
      if (!free || stop.stop_requested() || started_ == slots_.size()) return;
      const std::size_t index = started_++;
      lock.unlock();
      Slot made;
      try {
        made.item = source_(index);
      } catch (...) {
        made.error = std::current_exception();
      }
      lock.lock();
      slots_[index] = std::move(made);
      changed_.notify_all();
    }
  }

  Source source_;
  Options options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Slot> slots_;
  std::size_t started_ = 0, taken_ = 0;
  std::vector<std::jthread> workers_;  // last member: workers stop before the others are destroyed
};

}  // namespace premix
