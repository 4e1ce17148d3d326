#include <atomic>
#include <cstdint>

#include "cuda/runtime/architectures.hpp"
#include "cuda/runtime/check.hpp"
#include "cuda/runtime/streams.hpp"
#include "premix/core/cuda.hpp"

namespace premix {
namespace {

std::string version_text(int version) { return concat(version / 1000, '.', version % 1000 / 10); }

/// Returns whether a call succeeded. Clears its error, so that later checks of the last error do not find it.
bool succeeded(cudaError_t result) {
  if (result != cudaSuccess) cudaGetLastError();
  return result == cudaSuccess;
}

void check_index(int index) {
  const int count = cuda_device_count();
  if (count == 0) fail(ErrorKind::device, "cuda:", index, ": ", cuda_problem());
  if (index >= 0 && index < count) return;
  if (count == 1) fail(ErrorKind::device, "cuda:", index, ": no such GPU. The only GPU is cuda:0.");
  fail(ErrorKind::device, "cuda:", index, ": no such GPU. There are ", count, ", cuda:0 to cuda:", count - 1, '.');
}

// Returns an error text if this build has no code for the GPU, else an empty text.
std::string missing_code(int index) {
  cudaDeviceProp properties{};
  PREMIX_CUDA_CHECK(cudaGetDeviceProperties(&properties, index));
  const int capability = 10 * properties.major + properties.minor;
  if (architectures_fit(cuda_architectures(), capability)) return {};
  return concat("cuda:", index, " is a ", properties.name, " (sm_", capability,
                "), this premix has code for the architectures ", cuda_architectures(),
                ". Rebuild it with -DCMAKE_CUDA_ARCHITECTURES=", capability, ", or use the CPU.");
}

// Checks that the GPU exists and that this build has code for it. Every operation calls it, so success is cached.
void check_usable(int index) {
  static std::atomic<std::uint64_t> usable{0};  // one bit per GPU; GPUs beyond 64 are checked each time
  const std::uint64_t bit = index >= 0 && index < 64 ? std::uint64_t{1} << index : 0;
  if ((usable.load(std::memory_order_relaxed) & bit) != 0) return;
  check_index(index);
  const std::string problem = missing_code(index);
  if (!problem.empty()) fail(ErrorKind::device, problem);
  usable.fetch_or(bit, std::memory_order_relaxed);
}

// Makes a GPU current on this thread. Returns the previous one, for restore_current().
int make_current(int index) {
  int before = -1;
  PREMIX_CUDA_CHECK(cudaGetDevice(&before));
  if (before != index) PREMIX_CUDA_CHECK(cudaSetDevice(index));
  return before;
}

void restore_current(int before, int index) {
  if (before != index) succeeded(cudaSetDevice(before));
}

// Returns whether the error is permanent. Every later call then fails.
bool device_is_lost() { return !succeeded(cudaDeviceSynchronize()); }

const char* remedy(cudaError_t error) {
  switch (error) {
    case cudaErrorInsufficientDriver:
      return "Update the driver, or use the CPU.";
    case cudaErrorNoKernelImageForDevice:
      return "This premix has no code for this GPU. Rebuild it with -DCMAKE_CUDA_ARCHITECTURES=native.";
    case cudaErrorMemoryAllocation:
      return "Use smaller batches or images.";
    case cudaErrorStreamCaptureUnsupported:
    case cudaErrorStreamCaptureInvalidated:
      return "A CudaGraph records work on the GPU only. Remove waits, and copies to and from the host.";
    default:
      return device_is_lost() ? "The state of the GPU is lost. End the program. compute-sanitizer finds the place."
                              : "The GPU remains usable. Please report this.";
  }
}

}  // namespace

void cuda_check(cudaError_t result, const char* call) {
  if (succeeded(result)) return;
  fail(ErrorKind::device, "CUDA: ", cudaGetErrorString(result), " (", cudaGetErrorName(result), ") in ", call, ". ",
       remedy(result));
}

namespace detail {

CudaScope::CudaScope(Device device) : before_(-1), tag_{current_stream(device.index), device.index} {
  check_usable(device.index);
  before_ = make_current(device.index);
}

CudaScope::~CudaScope() { restore_current(before_, tag_.index); }

int cuda_device_count() {
  int count = 0;
  return succeeded(cudaGetDeviceCount(&count)) ? count : 0;
}

std::string cuda_problem() {
  int count = 0, driver = 0, runtime = 0;
  const cudaError_t result = cudaGetDeviceCount(&count);
  succeeded(result);
  succeeded(cudaDriverGetVersion(&driver));
  succeeded(cudaRuntimeGetVersion(&runtime));
  if (driver == 0)
    return concat("no CUDA driver is installed. Use the CPU, or install NVIDIA's driver for CUDA ",
                  version_text(runtime), " or later.");
  if (result == cudaErrorInsufficientDriver)
    return concat("the driver is for CUDA ", version_text(driver), ", this premix for ", version_text(runtime),
                  ". Update the driver, or use the CPU.");
  if (result == cudaErrorNoDevice || (result == cudaSuccess && count == 0))
    return "no GPU is visible: use the CPU, or look at CUDA_VISIBLE_DEVICES";
  if (result != cudaSuccess)
    return concat("CUDA does not start: ", cudaGetErrorString(result), ". Use the CPU, or check nvidia-smi.");
  std::string problem;
  for (int index = count - 1; index >= 0; --index) {
    problem = missing_code(index);
    if (problem.empty()) return {};
  }
  return problem;
}

}  // namespace detail

CudaDeviceInfo cuda_device_info(int index) {
  check_index(index);
  cudaDeviceProp properties{};
  PREMIX_CUDA_CHECK(cudaGetDeviceProperties(&properties, index));
  CudaDeviceInfo info{properties.name, properties.major, properties.minor, properties.multiProcessorCount, 0, 0};
  const int before = make_current(index);
  const cudaError_t result = cudaMemGetInfo(&info.free_bytes, &info.memory_bytes);
  restore_current(before, index);
  PREMIX_CUDA_CHECK(result);
  return info;
}

std::string cuda_driver_version() {
  int version = 0;
  PREMIX_CUDA_CHECK(cudaDriverGetVersion(&version));
  return version_text(version);
}

std::string cuda_runtime_version() {
  int version = 0;
  PREMIX_CUDA_CHECK(cudaRuntimeGetVersion(&version));
  return version_text(version);
}

std::string cuda_architectures() { return PREMIX_CUDA_ARCHITECTURES; }

void synchronize(Device device) {
  if (device.kind == Device::Kind::cpu) return;
  const detail::CudaScope scope(device);
  PREMIX_CUDA_CHECK(cudaStreamSynchronize(scope.tag().stream));
}

}  // namespace premix
