#include <cstring>

#include "cuda/on_device.hpp"
#include "premix/ops/add.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"

// CUDA graphs and their memory, and events. Cases with the tag [refused] make CUDA calls fail on purpose.

namespace premix {
namespace {

using testing::gpu;
using testing::same_bits;

constexpr Shape shape{1, 61, 43, 5};

// x + x + ... : a chain of kernels, each of which frees what the one before it wrote.
Tensor<float> times(const Tensor<float>& x, int count) {
  const NoGrad no_grad;
  const Variable<float> term(x);
  Variable<float> sum = term;
  for (int i = 1; i < count; ++i) sum = sum + term;
  return sum.value();
}

Tensor<float> image(std::uint32_t seed) { return testing::uniform_image<float>(shape, -1, 1, seed); }

// Everything goes to a stream of its own: the default one can't be recorded.
struct OwnStream {
  CudaStream stream{gpu()};
  StreamGuard guard{stream};
};

// Without what is only waiting to be freed.
std::size_t memory_in_use() {
  release_cached_memory(gpu());
  return memory_use(gpu()).in_use;
}

void overwrite(Tensor<float>& to, const Tensor<float>& from) {
  copy_bytes(to.mutable_data(), gpu(), from.data(), cpu(), to.bytes());
}

}  // namespace

TEST_CASE("a graph has the results of its kernels, for what its input holds when it is launched", "[cuda][graph]") {
  PREMIX_REQUIRE_GPU();
  const OwnStream own;
  auto input = image(0).to(gpu());
  auto output = Tensor<float>::zeros(shape, gpu());
  const CudaGraph graph(gpu(), [&] {
    const auto result = times(input, 5);
    copy_bytes(output.mutable_data(), gpu(), result.data(), gpu(), result.bytes());
  });
  CHECK(same_bits(output.to(cpu()), times(image(0), 5)));  // the first call ran
  for (std::uint32_t seed = 1; seed < 4; ++seed) {
    overwrite(input, image(seed));
    graph.launch();
    CHECK(same_bits(output.to(cpu()), times(image(seed), 5)));
  }
}

TEST_CASE("what was recorded does not run until it is launched", "[cuda][graph]") {
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

TEST_CASE("a graph's memory is used again within it, does not grow with its launches, and ends with it",
          "[cuda][graph]") {
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

TEST_CASE("a graph has memory enough where its work holds more and more, in small pieces and in large ones",
          "[cuda][graph]") {
  PREMIX_REQUIRE_GPU();
  const OwnStream own;
  const Shape large{1, 512, 1024, 1};
  const auto input = testing::uniform_image<float>(large, -1, 1, 1).to(gpu()), small = image(1).to(gpu());
  std::vector<Tensor<float>>
      kept;  // grows with each call, so that the recorded one needs memory that the first did not
  const CudaGraph graph(gpu(), [&] {
    for (int i = 0; i < 3; ++i) kept.push_back(times(input, 3)), kept.push_back(times(small, 4));
  });
  graph.launch();
  REQUIRE(kept.size() == 12);
  for (std::size_t i = 0; i < kept.size(); ++i)
    CHECK(same_bits(kept[i].to(cpu()), i % 2 == 0 ? times(input.to(cpu()), 3) : times(small.to(cpu()), 4)));
}

TEST_CASE("a tensor that recorded work leaves behind has what the last launch wrote, and outlives the graph",
          "[cuda][graph]") {
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
  const auto others = times(input, 7);  // other memory
  CHECK(same_bits(left.to(cpu()), times(image(2), 3)));
  CHECK(same_bits(others.to(cpu()), times(image(2), 7)));
  left = {};
  CHECK(memory_in_use() <= before + 2 * others.bytes());
}

TEST_CASE("graphs that share their memory need that of the larger one, and have their own results", "[cuda][graph]") {
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

TEST_CASE("what recorded work frees of other memory stays as long as the graph", "[cuda][graph]") {
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

TEST_CASE("what can't be recorded is refused, and the stream can be used again", "[cuda][graph][refused]") {
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

TEST_CASE("a stream that waits for an event sees what was done before it, and so does the host",
          "[cuda][runtime][stream]") {
  PREMIX_REQUIRE_GPU();
  const CudaStream first(gpu()), second(gpu());
  CudaEvent computed(gpu()), copied(gpu());
  const auto input = image(0).to(gpu());
  const PinnedBuffer back(input.bytes());
  computed.synchronize();  // not set
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
