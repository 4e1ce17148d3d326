#include "cuda/runtime/check.hpp"
#include "premix/core/cuda.hpp"
#include "premix/core/tensor.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"

// Messages on machines with other drivers and GPUs.

namespace premix {
namespace {

// Replaces the simulated machine during its lifetime. Usable GPUs are cached, so each test uses another index.
class SimulatedMachine {
 public:
  explicit SimulatedMachine(shim::Machine machine) : before_(std::exchange(shim::machine(), machine)) {}
  ~SimulatedMachine() { shim::machine() = before_; }

 private:
  shim::Machine before_;
};

std::string message_on(int index) {
  return message_of(ErrorKind::device, [&] { Tensor<float>::zeros({1, 2, 3, 4}, cuda(index)); });
}

}  // namespace

TEST_CASE("a missing driver is reported with a remedy", "[messages]") {
  const SimulatedMachine machine({.driver = 0});
  CHECK(cuda_device_count() == 0);
  CHECK_THAT(cuda_problem(),
             contains("no CUDA driver is installed") && contains("Use the CPU") && contains("CUDA 13.0"));
  CHECK(message_on(11) == "cuda:11: " + cuda_problem());
  CHECK(cuda_driver_version() == "0.0");
}

TEST_CASE("an outdated driver is reported with the required version", "[messages]") {
  const SimulatedMachine machine({.driver = 12040, .runtime = 13010});
  CHECK(cuda_device_count() == 0);
  CHECK_THAT(cuda_problem(),
             contains("driver is for CUDA 12.4") && contains("this premix for 13.1") && contains("Update the driver"));
  CHECK(message_on(12) == "cuda:12: " + cuda_problem());
}

TEST_CASE("the message for invisible GPUs names CUDA_VISIBLE_DEVICES", "[messages]") {
  const SimulatedMachine machine({.gpus = 0});
  CHECK(cuda_device_count() == 0);
  CHECK_THAT(cuda_problem(),
             contains("no GPU is visible") && contains("CUDA_VISIBLE_DEVICES") && contains("use the CPU"));
  CHECK(message_on(13) == "cuda:13: " + cuda_problem());
  CHECK_THAT(message_of(ErrorKind::device, [] { PinnedBuffer buffer(5); }),
             contains("PinnedBuffer of 5 bytes: no GPU is visible"));
}

TEST_CASE("an invalid GPU index is refused with the number of GPUs", "[messages]") {
  {
    const SimulatedMachine machine({.gpus = 1});
    CHECK(message_on(14) == "cuda:14: no such GPU. The only GPU is cuda:0.");
  }
  const SimulatedMachine machine({.gpus = 4});
  CHECK(message_on(14) == "cuda:14: no such GPU. There are 4, cuda:0 to cuda:3.");
  CHECK(message_on(-1) == "cuda:-1: no such GPU. There are 4, cuda:0 to cuda:3.");
}

TEST_CASE("an unsupported GPU is reported with both architectures", "[messages]") {
  const SimulatedMachine machine({.gpus = 20, .major = 7, .minor = 5});
  CHECK_THAT(message_on(15), contains("cuda:15 is a CPU that plays a GPU (sm_75)") &&
                                 contains("architectures 80-real;90.") && contains("-DCMAKE_CUDA_ARCHITECTURES=75") &&
                                 contains("use the CPU"));
  CHECK_THAT(cuda_problem(), contains("cuda:0 is a") && contains("sm_75"));
  CHECK(cuda_device_info(15).minor == 5);
}

TEST_CASE("a usable GPU has no problem", "[messages]") {
  const SimulatedMachine machine({.gpus = 20, .major = 8, .minor = 6});
  CHECK(cuda_problem().empty());
  CHECK(cuda_device_count() == 20);
  CHECK(Tensor<float>::full({1, 1, 1, 1}, 2, cuda(16)).item() == 2);
}

TEST_CASE("tensors are copied from one GPU to another", "[messages]") {
  const SimulatedMachine machine({.gpus = 20});
  const auto there = Tensor<float>::full({1, 3, 5, 2}, 7, cuda(17)).to(cuda(18));
  CHECK(there.device() == cuda(18));
  CHECK(there.to(cpu())(0, 2, 4, 1) == 7);
}

TEST_CASE("usable GPUs are cached up to index 63", "[messages]") {
  const SimulatedMachine machine({.gpus = 100});
  const auto use = [](int index) { return Tensor<float>::full({1, 1, 1, 1}, 2, cuda(index)).item(); };
  CHECK(use(19) == 2);
  CHECK(use(63) == 2);
  CHECK(use(99) == 2);
  const SimulatedMachine gone({.gpus = 1});
  CHECK(use(19) == 2);
  CHECK(use(63) == 2);
  CHECK_THAT(message_on(99), contains("The only GPU"));  // not cached
}

TEST_CASE("an out-of-memory message gives requested, free, total and used bytes", "[messages]") {
  release_cached_memory(cuda(0));  // completes pending frees
  const std::size_t in_use = memory_use(cuda(0)).in_use;
  const SimulatedMachine machine({.memory_bytes = in_use + 5000});
  const Buffer some(2000, cuda(0));
  const std::string message = message_of(ErrorKind::device, [] { Buffer more(4000, cuda(0)); });
  CHECK(message == concat("out of memory on cuda:0: 4000 bytes requested, 3000 free of ", in_use + 5000, ", ",
                          in_use + 2000, " in use here. Use smaller batches or images."));
  const Buffer less(3000, cuda(0));
  CHECK(memory_use(cuda(0)).in_use == in_use + 5000);
}

TEST_CASE("a failed CUDA call is reported with a remedy", "[messages]") {
  const auto message = [](int error) {
    return message_of(ErrorKind::device, [&] { cuda_check(static_cast<cudaError_t>(error), "cudaCall(x)"); });
  };
  CHECK_THAT(message(cudaErrorNoKernelImageForDevice), contains("cudaCall(x)") && contains("no code for this GPU"));
  CHECK_THAT(message(cudaErrorMemoryAllocation), contains("smaller batches"));
  CHECK_THAT(message(cudaErrorInsufficientDriver), contains("Update the driver"));
  CHECK_THAT(message(1), contains("cudaCall(x)") && contains("remains usable"));
  cuda_check(cudaSuccess, "cudaCall(x)");
}

}  // namespace premix
