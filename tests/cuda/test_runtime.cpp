#include <bit>
#include <cstring>
#include <numeric>
#include <optional>
#include <thread>

#include "cuda/on_device.hpp"
#include "cuda/runtime/architectures.hpp"
#include "premix/kernels/elementwise.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"

// Tests of memory, streams and errors. Cases with the tag [refused] make CUDA calls fail on purpose.

namespace premix {
namespace {

using testing::gpu;

// Returns the stream of operations on this thread.
CUstream_st* stream_in_use(Device device = gpu()) {
  return on_device(device, [](auto tag) -> CUstream_st* {
    if constexpr (std::is_same_v<decltype(tag), Cuda>) return tag.stream;
    return nullptr;
  });
}

// Returns times * a by repeated addition. Kernels not run in order would likely overlap.
Tensor<float> repeated_sum(const Tensor<float>& a, int times) {
  auto sum = Tensor<float>::zeros(a.shape(), a.device());
  for (int i = 0; i < times; ++i) {
    Tensor<float> next(a.shape(), a.device());
    on_device(a.device(), [&](auto device) {
      add(device, AddArgs<float>{a.data(), sum.data(), next.mutable_data(), a.size()});
    });
    sum = next;
  }
  return sum;
}

template <Real T>
bool equal_bytes(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

// Returns an image with NaN with a payload, infinities, both zeros, the smallest number, and others.
template <Real T>
Tensor<T> all_kinds_of_numbers(Shape shape) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  auto image = testing::uniform_image<T>(shape, -1e6, 1e6, 1);
  const T infinity = std::numeric_limits<T>::infinity();
  const T special[] = {std::bit_cast<T>(static_cast<Bits>(std::bit_cast<Bits>(infinity) | 0x12345)),
                       infinity,
                       -infinity,
                       T(0),
                       -T(0),
                       std::numeric_limits<T>::denorm_min(),
                       std::numeric_limits<T>::max()};
  std::copy(std::begin(special), std::end(special), image.mutable_data() + image.size() / 2);
  return image;
}

}  // namespace

TEMPLATE_TEST_CASE("every number keeps its bits in copies to a GPU and back", "[cuda][runtime]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(Shape{1, 1, 1, 15}, Shape{2, 7, 9, 5}, Shape{1, 257, 131, 3});
  const auto image = all_kinds_of_numbers<TestType>(shape);
  const auto there = image.to(gpu());
  CHECK(there.device() == gpu());
  CHECK(equal_bytes(there.to(cpu()), image));
  const std::vector<TestType> values(image.values().begin(), image.values().end());
  CHECK(equal_bytes(Tensor<TestType>::from(shape, values, gpu()).to(cpu()), image));
}

TEMPLATE_TEST_CASE("zeros() on a GPU also clears reused memory", "[cuda][runtime]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape{1, 33, 17, 5};
  { const auto before = Tensor<TestType>::full(shape, TestType(7), gpu()); }
  CHECK(equal_bytes(Tensor<TestType>::zeros(shape, gpu()).to(cpu()), Tensor<TestType>::zeros(shape)));
}

TEST_CASE("clone() on a GPU copies, and to() the same GPU shares", "[cuda][runtime]") {
  PREMIX_REQUIRE_GPU();
  const auto image = testing::uniform_image<float>({2, 5, 3, 4}, -1, 1, 1);
  auto there = image.to(gpu());
  const auto copy = there.clone(), same = there.to(gpu());
  CHECK(same.data() == there.data());
  REQUIRE(copy.data() != there.data());
  zero_bytes(there.mutable_data(), gpu(), there.bytes());
  CHECK(equal_bytes(copy.to(cpu()), image));
  CHECK(equal_bytes(same.to(cpu()), Tensor<float>::zeros(image.shape())));
}

TEST_CASE("item() and image() read from a GPU", "[cuda][runtime]") {
  PREMIX_REQUIRE_GPU();
  CHECK(Tensor<double>::full({1, 1, 1, 1}, 0.1, gpu()).item() == 0.1);
  const auto images = testing::uniform_image<float>({3, 5, 7, 2}, -1, 1, 1);
  CHECK(equal_bytes(images.to(gpu()).image(2).to(cpu()), images.image(2)));
  CHECK_THROWS_WITH(images.to(gpu()).values(), contains("cuda:0") && contains("to(cpu())"));
}

TEST_CASE("memory use on a GPU follows tensors, and freed memory is cached until released", "[cuda][runtime]") {
  PREMIX_REQUIRE_GPU();
  synchronize(gpu());
  release_cached_memory(gpu());
  const MemoryUse before = memory_use(gpu());
  constexpr std::size_t bytes = std::size_t{8} << 20;
  {
    const Tensor<float> a({1, 1024, 1024, 2}, gpu());
    CHECK(memory_use(gpu()).in_use >= before.in_use + bytes);
    const auto b = a.clone();
    CHECK(memory_use(gpu()).in_use >= before.in_use + 2 * bytes);
    const auto shared = a;
    CHECK(memory_use(gpu()).in_use < before.in_use + 3 * bytes);
  }
  synchronize(gpu());
  const MemoryUse freed = memory_use(gpu());
  CHECK(freed.in_use == before.in_use);
  CHECK(freed.cached >= before.cached + 2 * bytes);
  release_cached_memory(gpu());
  CHECK(memory_use(gpu()).in_use == before.in_use);
  CHECK(memory_use(gpu()).cached < freed.cached);
}

TEST_CASE("work in a CudaStream has the results of the default stream", "[cuda][runtime][stream]") {
  PREMIX_REQUIRE_GPU();
  const auto image = testing::uniform_image<float>({1, 301, 203, 3}, -1, 1, 1);
  const auto expected = repeated_sum(image, 20);
  CHECK(equal_bytes(repeated_sum(image.to(gpu()), 20).to(cpu()), expected));
  const CudaStream stream(gpu());
  const StreamGuard guard(stream);
  CHECK(equal_bytes(repeated_sum(image.to(gpu()), 20).to(cpu()), expected));
}

TEST_CASE("threads with separate streams do not interfere", "[cuda][runtime][stream]") {
  PREMIX_REQUIRE_GPU();
  constexpr int count = 4;
  std::vector<Tensor<float>> results(count), images;
  for (int i = 0; i < count; ++i)
    images.push_back(testing::uniform_image<float>({1, 31, 23, 3}, -1, 1, static_cast<std::uint32_t>(i)));
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      const CudaStream stream(gpu());
      const StreamGuard guard(stream);
      results[static_cast<std::size_t>(i)] = repeated_sum(images[static_cast<std::size_t>(i)].to(gpu()), 5).to(cpu());
    });
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < count; ++i) CHECK(equal_bytes(results[i], repeated_sum(images[i], 5)));
}

TEST_CASE("the innermost stream guard sets the stream of its GPU and thread only", "[cuda][runtime][stream]") {
  PREMIX_REQUIRE_GPU();
  const CudaStream outer(gpu()), inner(gpu());
  REQUIRE(outer.handle() != inner.handle());
  CHECK(stream_in_use() == nullptr);
  {
    const StreamGuard guard(outer);
    CHECK(stream_in_use() == outer.handle());
    {
      const StreamGuard nested(inner);
      CHECK(stream_in_use() == inner.handle());
      const StreamGuard elsewhere(cuda(1), outer.handle());
      CHECK(stream_in_use() == inner.handle());
      CUstream_st* on_other_thread = inner.handle();
      std::thread([&] { on_other_thread = stream_in_use(); }).join();
      CHECK(on_other_thread == nullptr);
      const StreamGuard back_to_default(gpu(), nullptr);
      CHECK(stream_in_use() == nullptr);
    }
    CHECK(stream_in_use() == outer.handle());
  }
  CHECK(stream_in_use() == nullptr);
}

TEST_CASE("stream guards may end in any order", "[cuda][runtime][stream]") {
  PREMIX_REQUIRE_GPU();
  const CudaStream first(gpu()), second(gpu());
  std::optional<StreamGuard> a, b;
  a.emplace(first);
  b.emplace(second);
  a.reset();
  CHECK(stream_in_use() == second.handle());
  b.reset();
  CHECK(stream_in_use() == nullptr);
}

TEST_CASE("memory outlives the CudaStream in which it was allocated", "[cuda][runtime][stream]") {
  PREMIX_REQUIRE_GPU();
  const auto image = testing::uniform_image<float>({1, 9, 7, 3}, -1, 1, 1);
  Tensor<float> there;
  CUstream_st* handle = nullptr;
  {
    const CudaStream stream(gpu());
    handle = stream.handle();
    const StreamGuard guard(stream);
    there = image.to(gpu());
  }
  CHECK(equal_bytes(there.to(cpu()), image));
  CHECK(CudaStream(gpu()).handle() == handle);  // the handle is reused
}

TEST_CASE("copies through page-locked memory are complete after synchronize()", "[cuda][runtime]") {
  PREMIX_REQUIRE_GPU();
  const auto image = testing::uniform_image<float>({1, 129, 65, 3}, -1, 1, 1);
  const PinnedBuffer to(image.bytes()), back(image.bytes());
  CHECK(to.bytes() == image.bytes());
  std::memcpy(to.data(), image.data(), image.bytes());
  Tensor<float> there(image.shape(), gpu());
  copy_bytes_async(there.mutable_data(), gpu(), to.data(), cpu(), image.bytes());
  copy_bytes_async(back.data(), cpu(), there.data(), gpu(), image.bytes());
  copy_bytes_async(back.data(), cpu(), there.data(), gpu(), 0);
  synchronize(gpu());
  CHECK(std::memcmp(back.data(), image.data(), image.bytes()) == 0);
}

TEST_CASE("CPU streams and empty page-locked buffers are refused", "[cuda][runtime]") {
  PREMIX_REQUIRE_GPU();
  const auto refused = [](auto&& call) { return message_of(ErrorKind::runtime, call); };
  CHECK_THAT(refused([] { CudaStream stream(cpu()); }), contains("CudaStream: cpu") && contains("Use a GPU"));
  CHECK_THAT(refused([] { StreamGuard guard(cpu(), nullptr); }), contains("StreamGuard: cpu") && contains("Use a GPU"));
  CHECK_THAT(refused([] { PinnedBuffer buffer(0); }), contains("PinnedBuffer"));
  CHECK_THAT(refused([] { copy_bytes_async(nullptr, cpu(), nullptr, cpu(), 1); }), contains("from cpu to cpu"));
  synchronize(cpu());
}

TEST_CASE("a GPU says what it is", "[cuda][runtime]") {
  PREMIX_REQUIRE_GPU();
  const CudaDeviceInfo info = cuda_device_info(0);
  WARN(info.name << ", sm_" << info.major << info.minor << ", driver for CUDA " << cuda_driver_version()
                 << "; premix for CUDA " << cuda_runtime_version() << " and " << cuda_architectures() << "; cuDNN "
                 << (cudnn_problem().empty() ? cudnn_version() : "not used: " + cudnn_problem()));
  CHECK_FALSE(info.name.empty());
  CHECK(info.major >= 5);
  CHECK(info.multiprocessors > 0);
  CHECK(info.free_bytes <= info.memory_bytes);
  CHECK_THAT(cuda_driver_version(), contains("."));
  CHECK_THAT(cuda_runtime_version(), contains("."));
}

TEST_CASE("a missing GPU is refused with the available GPUs, and the next call works", "[cuda][runtime][refused]") {
  PREMIX_REQUIRE_GPU();
  const int index = GENERATE(99, 1000, -1);
  const std::string name = concat("cuda:", index, ':');
  const auto refused = [](auto&& call) { return message_of(ErrorKind::device, call); };
  CHECK_THAT(refused([&] {
               Tensor<float>::zeros({1, 2, 2, 1}, cuda(index));
             }),
             contains(name) && contains("GPU") && contains("cuda:0"));
  CHECK_THAT(refused([&] { synchronize(cuda(index)); }), contains(name));
  CHECK_THAT(refused([&] { cuda_device_info(index); }), contains(name));
  CHECK_THAT(refused([&] { CudaStream stream(cuda(index)); }), contains(name));
  CHECK(Tensor<float>::full({1, 1, 1, 1}, 3, gpu()).item() == 3);
}

TEST_CASE("an allocation beyond a GPU's memory is refused with the figures, and the next call works",
          "[cuda][runtime][refused]") {
  PREMIX_REQUIRE_GPU();
  constexpr std::size_t bytes = std::size_t{1} << 43;
  release_cached_memory(gpu());  // completes pending frees
  const MemoryUse before = memory_use(gpu());
  const std::string message = message_of(ErrorKind::device, [] { Buffer buffer(bytes, gpu()); });
  CHECK_THAT(message,
             contains("out of memory on cuda:0: 8796093022208 bytes requested") && contains("smaller batches"));
  CHECK_THAT(message, contains(concat(" free of ", cuda_device_info(0).memory_bytes)) &&
                          contains(concat(before.in_use, " in use here")));
  CHECK(memory_use(gpu()).in_use == before.in_use);
  CHECK(Tensor<float>::full({1, 1, 1, 1}, 3, gpu()).item() == 3);
}

TEST_CASE("architectures_fit follows CUDA's rules of compatibility", "[runtime]") {
  struct Row {
    const char* architectures;
    std::vector<int> fit, misfit;
  };
  const Row row = GENERATE(values<Row>({
      {"80-real;90", {80, 86, 89, 90, 100, 120}, {75, 70}},
      {"80-real", {80, 86, 87, 89}, {75, 90, 100}},
      {"86-real", {86, 89}, {80, 90}},
      {"90", {90, 100, 103, 120}, {75, 80, 89}},
      {"90-virtual", {90, 100, 120}, {80, 89}},
      {"90a", {90}, {80, 100, 120}},
      {"90a-real", {90}, {80, 100, 120}},
      {"90a-virtual", {90}, {80, 100}},
      {"100f", {100, 103}, {90, 120}},
      {"100-real;120-real", {100, 103, 120, 121}, {90, 110}},
      {"90a;75-virtual", {75, 80, 90, 120}, {70}},
      {"native", {75, 90}, {}},
      {"all-major", {75, 90}, {}},
      {"", {}, {75, 90}},
  }));
  for (const int capability : row.fit) {
    CAPTURE(row.architectures, capability);
    CHECK(architectures_fit(row.architectures, capability));
  }
  for (const int capability : row.misfit) {
    CAPTURE(row.architectures, capability);
    CHECK_FALSE(architectures_fit(row.architectures, capability));
  }
}

}  // namespace premix
