#include "premix/data/loader.hpp"

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/pairs.hpp"

using namespace premix;

namespace {

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back("image" + std::to_string(10 + i));
  return result;
}

std::vector<std::size_t> ascending(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

Sample small_sample(std::size_t index) {
  const auto value = [&](std::int64_t channels) {
    return Tensor<float>::full({1, 4, 4, channels}, static_cast<float>(index));
  };
  return {std::to_string(index), value(2), value(1), value(2), value(2)};
}

std::vector<Batch> all_batches(Loader& loader) {
  std::vector<Batch> batches;
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

// Waits until the count stops changing.
int settled(const std::atomic<int>& count) {
  for (int before = -1; before != count; std::this_thread::sleep_for(std::chrono::milliseconds(50))) before = count;
  return count;
}

}  // namespace

TEST_CASE("batches have the same order and bits for any number of workers, and the last may be smaller", "[loader]") {
  const Dataset dataset(noise_source(names(7)), names(7), Protocol::reduced);
  const std::vector<std::size_t> order = {4, 0, 6, 2, 2, 5, 1};
  Loader plain(dataset, order, {.batch_size = 3, .num_workers = 0});
  const auto expected = all_batches(plain);
  REQUIRE(expected.size() == plain.batches());
  REQUIRE(expected.size() == 3);
  CHECK(expected[1].names == std::vector<std::string>{"image12", "image12", "image15"});
  CHECK(expected[2].names == std::vector<std::string>{"image11"});
  CHECK(expected[0].truth.shape() == Shape{3, 16, 24, 3});
  CHECK(same_bits(expected[0].truth.image(1), dataset.source().load("image10").ms));
  CHECK(same_bits(expected[0].up_ms.image(2), dataset.sample(6).up_ms));

  for (const std::size_t workers : {1, 2, 5, 40}) {
    const Dataset fresh(noise_source(names(7)), names(7), Protocol::reduced);
    Loader loader(fresh, order, {.batch_size = 3, .num_workers = workers});
    const auto batches = all_batches(loader);
    REQUIRE(batches.size() == expected.size());
    for (std::size_t i = 0; i < batches.size(); ++i) {
      INFO(workers << " workers, batch " << i);
      CHECK(batches[i].names == expected[i].names);
      CHECK(same_bits(batches[i].ms, expected[i].ms));
      CHECK(same_bits(batches[i].pan, expected[i].pan));
      CHECK(same_bits(batches[i].up_ms, expected[i].up_ms));
      CHECK(same_bits(batches[i].truth, expected[i].truth));
    }
  }
}

TEST_CASE("a full-resolution batch has no truth", "[loader]") {
  const Dataset dataset(noise_source(names(2)), names(2), Protocol::full);
  Loader loader(dataset, {1, 0}, {.batch_size = 2, .num_workers = 2});
  const auto batch = loader.next();
  REQUIRE(batch);
  CHECK(batch->truth.empty());
  CHECK(batch->ms.shape() == Shape{2, 16, 24, 3});
  CHECK(batch->up_ms.shape() == Shape{2, 64, 96, 3});
}

TEST_CASE("an empty order has no batches", "[loader]") {
  Loader loader(small_sample, {}, {.batch_size = 2, .num_workers = 2});
  CHECK(loader.batches() == 0);
  CHECK_FALSE(loader.next());
}

TEST_CASE("workers load one batch ahead and no further", "[loader]") {
  std::atomic<int> loaded = 0;
  const auto counting = [&](std::size_t index) {
    ++loaded;
    return small_sample(index);
  };
  Loader loader(counting, ascending(40), {.batch_size = 4, .num_workers = 3});
  CHECK(settled(loaded) == 8);
  REQUIRE(loader.next());
  CHECK(settled(loaded) == 12);

  loaded = 0;
  Loader lazy(counting, ascending(40), {.batch_size = 4, .num_workers = 0});
  REQUIRE(lazy.next());
  CHECK(loaded == 4);
}

TEST_CASE("a destroyed loader stops its workers early", "[loader]") {
  std::atomic<int> loaded = 0;
  {
    Loader loader(
        [&](std::size_t index) {
          ++loaded;
          return small_sample(index);
        },
        ascending(1000), {.batch_size = 2, .num_workers = 4});
    REQUIRE(loader.next());
  }
  const int after = loaded;
  CHECK(after < 20);
  CHECK(settled(loaded) == after);
}

TEST_CASE("an exception in a worker is thrown when its batch is due, and again at every later call", "[loader]") {
  for (const std::size_t workers : {0, 1, 3}) {
    INFO(workers << " workers");
    Loader loader(
        [](std::size_t index) {
          if (index == 5) fail(ErrorKind::data, "image 5 is broken");
          return small_sample(index);
        },
        ascending(12), {.batch_size = 2, .num_workers = workers});
    CHECK(loader.next()->names == std::vector<std::string>{"0", "1"});
    CHECK(loader.next()->names == std::vector<std::string>{"2", "3"});
    for (int i = 0; i < 2; ++i)
      CHECK_THAT(message_of(ErrorKind::data, [&] { loader.next(); }), contains("image 5 is broken"));
  }
}

TEST_CASE("different image sizes in one batch give an error that names both images", "[loader]") {
  Loader loader(
      [](std::size_t index) {
        Sample sample = small_sample(index);
        if (index == 3) sample.pan = Tensor<float>::zeros({1, 8, 4, 1});
        return sample;
      },
      ascending(4), {.batch_size = 4, .num_workers = 1});
  CHECK_THAT(
      message_of(ErrorKind::data, [&] { loader.next(); }),
      contains("0 and 3 differ in size and cannot share a batch: PAN 4 x 4 and 8 x 4") && contains("batch_size = 1"));
}

TEST_CASE("a data set refuses image sizes that the network does not support", "[loader]") {
  const auto source =
      std::make_shared<PairSource>("noise", names(1), PairSetOptions{.ratio = 2},
                                   [](const std::string& name) { return noise_pair(name, 14, 12, 1, 2); });
  CHECK_THAT(message_of(ErrorKind::data, [&] { Dataset(source, names(1), Protocol::reduced).sample(0); }),
             contains("image10: MS 14 x 12: rows and columns"));
  CHECK(Dataset(source, names(1), Protocol::full).sample(0).up_ms.shape() == Shape{1, 28, 24, 1});
}

TEST_CASE("cached samples are made once, others each time", "[loader]") {
  std::atomic<int> read = 0;
  const auto source =
      std::make_shared<PairSource>("noise", names(3), PairSetOptions{.ratio = 4}, [&](const std::string& name) {
        ++read;
        return noise_pair(name, 16, 24, 3, 4);
      });
  const auto reads = [&](std::size_t cache_bytes) {
    const Dataset dataset(source, names(3), DatasetOptions{.cache_bytes = cache_bytes});
    read = 0;
    for (int round = 0; round < 4; ++round)
      for (std::size_t i = 0; i < 3; ++i)
        CHECK(same_bits(dataset.sample(i).truth, noise_pair(names(3)[i], 16, 24, 3, 4).ms));
    return read.load();
  };
  const std::size_t sample_bytes = 4 * (16 * 24 * (3 + 3 + 1) + 4 * 6 * 3);
  CHECK(reads(0) == 12);
  CHECK(reads(2 * sample_bytes) == 2 + 4);
  CHECK(reads(3 * sample_bytes - 1) == 2 + 4);
  CHECK(reads(3 * sample_bytes) == 3);
}
