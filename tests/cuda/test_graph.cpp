#include <cstring>

#include "cuda/on_device.hpp"
#include "premix/ops/add.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"

// Tests of CUDA graphs, their memory, and events. Cases with the tag [refused] make CUDA calls fail on purpose.

namespace premix {
namespace {

using testing::gpu;
using testing::same_bits;

constexpr Shape shape{1, 61, 43, 5};

// Returns count * x by repeated addition: a chain of kernels, each of which frees the output of the previous one.
Tensor<float> times(const Tensor<float>& x, int count) {
  const NoGrad no_grad;
  const Variable<float> term(x);
  Variable<float> sum = term;
  for (int i = 1; i < count; ++i) sum = sum + term;
  return sum.value();
}

Tensor<float> image(std::uint32_t seed) { return testing::uniform_image<float>(shape, -1, 1, seed); }

// A stream other than the default stream, which can't be recorded.
struct OwnStream {
  CudaStream stream{gpu()};
  StreamGuard guard{stream};
};

// Returns the bytes in use after pending frees.
std::size_t memory_in_use() {
  release_cached_memory(gpu());
  return memory_use(gpu()).in_use;
}

void overwrite(Tensor<float>& to, const Tensor<float>& from) {
  copy_bytes(to.mutable_data(), gpu(), from.data(), cpu(), to.bytes());
}

}  // namespace

TEST_CASE("a graph computes from the values of its input at launch", "[cuda][graph]") {
  PREMIX_REQUIRE_GPU();
  const OwnStream own;
  auto input = image(0).to(gpu());
  auto output = Tensor<float>::zeros(shape, gpu());
  const CudaGraph graph(gpu(), [&] {
    const auto result = times(input, 5);
    copy_bytes(output.mutable_data(), gpu(), result.data(), gpu(), result.bytes());
  });
  CHECK(same_bits(output.to(cpu()), times(image(0), 5)));  // the first call runs
  for (std::uint32_t seed = 1; seed < 4; ++seed) {
    overwrite(input, image(seed));
    graph.launch();
    CHECK(same_bits(output.to(cpu()), times(image(seed), 5)));
  }
}

TEST_CASE("recorded work runs only at launch", "[cuda][graph]") {
  PREMIX_REQUIRE_GPU();
  const OwnStream own;
  auto sum = Tensor<float>::zeros({1, 1, 1, 1}, gpu());
  const auto one = Tensor<float>::full({1, 1, 1, 1}, 1, gpu());
  const CudaGraph graph(gpu(), [&] {
    const auto next = (Variable<float>(sum) + Variable<float>(one)).value();
    copy_bytes(sum.mutable_data(), gpu(), next.data(), gpu(), sum.bytes());
  });
  CHECK(sum.item() == 1);
  graph.launch();
  graph.launch();
  CHECK(sum.item() == 3);
}

TEST_CASE("a graph reuses memory, does not grow with launches, and frees its memory at its end", "[cuda][graph]") {
  PREMIX_REQUIRE_GPU();
  const OwnStream own;
  const auto input = image(0).to(gpu());
  const std::size_t before = memory_in_use();
  {
    const CudaGraph graph(gpu(), [&] { times(input, 200); });
    CHECK(graph.memory_bytes() > 0);
    CHECK(graph.memory_bytes() < 50 * input.bytes());
    CHECK(memory_in_use() == before + graph.memory_bytes());
    for (int i = 0; i < 5; ++i) graph.launch();
    times(input, 3);
    CHECK(memory_in_use() == before + graph.memory_bytes());
  }
  CHECK(memory_in_use() == before);
}

TEST_CASE("a graph has enough memory for work that keeps more tensors in each call, small and large", "[cuda][graph]") {
  PREMIX_REQUIRE_GPU();
  const OwnStream own;
  const Shape large{1, 512, 1024, 1};
  const auto input = testing::uniform_image<float>(large, -1, 1, 1).to(gpu()), small = image(1).to(gpu());
  // Grows with each call, so the recorded call needs more memory than the first one.
  std::vector<Tensor<float>> kept;
  const CudaGraph graph(gpu(), [&] {
    for (int i = 0; i < 3; ++i) {
      kept.push_back(times(input, 3));
      kept.push_back(times(small, 4));
    }
  });
  graph.launch();
  REQUIRE(kept.size() == 12);
  for (std::size_t i = 0; i < kept.size(); ++i)
    CHECK(same_bits(kept[i].to(cpu()), i % 2 == 0 ? times(input.to(cpu()), 3) : times(small.to(cpu()), 4)));
}

TEST_CASE("a tensor kept from recorded work holds the last launch's result and outlives the graph", "[cuda][graph]") {
  PREMIX_REQUIRE_GPU();
  const OwnStream own;
  auto input = image(0).to(gpu());
  Tensor<float> left;
  const std::size_t before = memory_in_use();
  {
    const CudaGraph graph(gpu(), [&] { left = times(input, 3); });
    overwrite(input, image(1));
    graph.launch();
    CHECK(same_bits(left.to(cpu()), times(image(1), 3)));
    overwrite(input, image(2));
    graph.launch();
  }
  const auto others = times(input, 7);  // in other memory
  CHECK(same_bits(left.to(cpu()), times(image(2), 3)));
  CHECK(same_bits(others.to(cpu()), times(image(2), 7)));
  left = {};
  CHECK(memory_in_use() <= before + 2 * others.bytes());
}

TEST_CASE("graphs that share memory need that of the larger one and have separate results", "[cuda][graph]") {
  PREMIX_REQUIRE_GPU();
  const OwnStream own;
  const auto input = testing::uniform_image<float>({1, 512, 1024, 1}, -1, 1, 1);
  const auto there = input.to(gpu());
  auto sum = Tensor<float>::zeros(input.shape(), gpu());
  const auto into_sum = [&](int count) {
    const auto result = times(there, count);
    copy_bytes(sum.mutable_data(), gpu(), result.data(), gpu(), result.bytes());
  };
  const CudaGraph first(gpu(), [&] { into_sum(3); });
  const std::size_t in_use = memory_in_use();
  const CudaGraph second(
      gpu(), [&] { into_sum(7); }, &first);
  CHECK(second.memory_bytes() == first.memory_bytes());
  CHECK(memory_in_use() == in_use);
  for (int i = 0; i < 2; ++i) {
    first.launch();
    CHECK(same_bits(sum.to(cpu()), times(input, 3)));
    second.launch();
    CHECK(same_bits(sum.to(cpu()), times(input, 7)));
  }
  const OwnStream other;
  CHECK_THROWS_WITH(CudaGraph(
                        gpu(), [] {}, &first),
                    contains("graphs of the same stream"));
}

TEST_CASE("outside memory freed by recorded work lives as long as the graph", "[cuda][graph]") {
  PREMIX_REQUIRE_GPU();
  const OwnStream own;
  const std::size_t before = memory_in_use();
  auto input = image(0).to(gpu());
  const std::size_t with_input = memory_in_use();
  {
    const CudaGraph graph(gpu(), [&] {
      const auto mine = std::exchange(input, {});
      if (!mine.empty()) times(mine, 2);
    });
    CHECK(memory_in_use() == with_input + graph.memory_bytes());
  }
  CHECK(memory_in_use() == before);
}

TEST_CASE("work that can't be recorded is refused, and the stream remains usable", "[cuda][graph][refused]") {
  PREMIX_REQUIRE_GPU();
  const auto refused = [](ErrorKind kind, const std::function<void()>& work) {
    return message_of(kind, [&] { CudaGraph graph(gpu(), work); });
  };
  CHECK_THAT(refused(ErrorKind::runtime, [] {}), contains("default stream of cuda:0") && contains("CudaStream"));
  CHECK_THAT(message_of(ErrorKind::runtime, [] { CudaGraph graph(cpu(), [] {}); }),
             contains("CudaGraph: cpu") && contains("Use a GPU"));

  const OwnStream own;
  const auto input = image(0).to(gpu());
  const char* remedy = "work on the GPU only";
  CHECK_THAT(refused(ErrorKind::device, [&] { times(input, 2).to(cpu()); }), contains(remedy));
  CHECK_THAT(refused(ErrorKind::device, [&] { image(1).to(gpu()); }), contains(remedy));
  CHECK_THAT(refused(ErrorKind::device, [&] { synchronize(gpu()); }), contains(remedy));
  CHECK_THAT(refused(ErrorKind::runtime, [] { CudaGraph inner(gpu(), [] {}); }), contains("is being recorded already"));
  int calls = 0;
  CHECK_THROWS_WITH(CudaGraph(gpu(),
                              [&] {
                                if (++calls == 2) throw std::logic_error("mine");
                              }),
                    contains("mine"));
  CHECK(same_bits(times(input, 4).to(cpu()), times(image(0), 4)));
}

TEST_CASE("a stream or host that waits for an event sees the work before it", "[cuda][runtime][stream]") {
  PREMIX_REQUIRE_GPU();
  const CudaStream first(gpu()), second(gpu());
  CudaEvent computed(gpu()), copied(gpu());
  const auto input = image(0).to(gpu());
  const PinnedBuffer back(input.bytes());
  computed.synchronize();  // not recorded: returns at once
  const StreamGuard guard(first);
  const auto result = times(input, 30);
  computed.record();
  {
    const StreamGuard other(second);
    computed.block_stream();
    copy_bytes_async(back.data(), cpu(), result.data(), gpu(), result.bytes());
    copied.record();
  }
  copied.synchronize();
  CHECK(std::memcmp(back.data(), times(image(0), 30).data(), back.bytes()) == 0);
  CHECK_THAT(message_of(ErrorKind::runtime, [] { CudaEvent event(cpu()); }),
             contains("CudaEvent: cpu") && contains("Use a GPU"));
}

}  // namespace premix
