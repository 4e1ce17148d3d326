#include "premix/data/load_ahead.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/catch.hpp"
#include "support/contains.hpp"

using namespace premix;

namespace {

using Numbers = LoadAhead<std::size_t>;

// Waits until the count stops changing.
std::size_t settled(const std::atomic<std::size_t>& count) {
  std::size_t before;
  do {
    before = count;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  } while (before != count);
  return count;
}

}  // namespace

TEST_CASE("items come in order for any number of workers and items ahead", "[load_ahead]") {
  for (const auto& [workers, ahead] : {std::pair{0, 16}, {1, 1}, {3, 2}, {8, 100}, {2, 0}}) {
    CAPTURE(workers, ahead);
    Numbers items([](std::size_t index) { return index * index; }, 50,
                  {.workers = static_cast<std::size_t>(workers), .ahead = static_cast<std::size_t>(ahead)});
    for (std::size_t i = 0; i < 50; ++i) {
      CHECK(items.taken() == i);
      CHECK(items.next() == i * i);
    }
    CHECK(items.taken() == items.count());
    CHECK_THROWS_WITH(items.next(), contains("all 50 items are taken"));
  }
}

TEST_CASE("workers make only the items ahead", "[load_ahead]") {
  std::atomic<std::size_t> made = 0;
  Numbers items(
      [&](std::size_t index) {
        ++made;
        return index;
      },
      100, {.workers = 3, .ahead = 5});
  CHECK(settled(made) == 5);
  items.next();
  items.next();
  CHECK(settled(made) == 7);
}

TEST_CASE("without workers the caller makes each item when it takes it", "[load_ahead]") {
  std::size_t made = 0;
  const auto caller = std::this_thread::get_id();
  Numbers items(
      [&](std::size_t index) {
        CHECK(std::this_thread::get_id() == caller);
        ++made;
        return index;
      },
      3, {.workers = 0});
  CHECK(made == 0);
  items.next();
  CHECK(made == 1);
}

TEST_CASE("an exception from an item is thrown at its turn, again and again", "[load_ahead]") {
  for (const std::size_t workers : {0, 3}) {
    CAPTURE(workers);
    LoadAhead<std::string> items(
        [](std::size_t index) {
          if (index == 2) throw std::runtime_error("item 2 is broken");
          return std::to_string(index);
        },
        10, {.workers = workers, .ahead = 8});
    CHECK(items.next() == "0");
    CHECK(items.next() == "1");
    CHECK_THROWS_WITH(items.next(), "item 2 is broken");
    CHECK_THROWS_WITH(items.next(), "item 2 is broken");
    CHECK(items.taken() == 2);
  }
}

TEST_CASE("the destructor ends workers whose items nobody takes", "[load_ahead]") {
  std::atomic<std::size_t> made = 0;
  {
    const Numbers items(
        [&](std::size_t index) {
          ++made;
          return index;
        },
        1000, {.workers = 4, .ahead = 2});
  }
  CHECK(made <= 2);
}
