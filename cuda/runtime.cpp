#include <mutex>
#include <set>
#include <vector>

#include "cuda/architectures.hpp"
#include "cuda/check.hpp"
#include "cuda/streams.hpp"
#include "premix/core/cuda.hpp"

namespace premix {
namespace {

std::string version_text(int version) { return concat(version / 1000, '.', version % 1000 / 10); }

// The GPUs as a choice: "cuda:0", "cuda:0 to cuda:3".
std::string choice(int count) { return count == 1 ? "cuda:0" : concat("cuda:0 to cuda:", count - 1); }

// What can only be wrong once: whether this GPU is there, and whether there is code for it.
void check_usable(int index) {
  const int count = cuda_device_count();
  if (count == 0) fail(ErrorKind::device, "cuda:", index, " asked for, but ", cuda_problem());
  if (index < 0 || index >= count)
    fail(ErrorKind::device, "cuda:", index, " asked for, but there ", count == 1 ? "is one GPU" : concat("are ", count, " GPUs"), ": give ",
         choice(count));
  const CudaDeviceInfo info = cuda_device_info(index);
  const int capability = 10 * info.major + info.minor;
  if (!architectures_fit(cuda_architectures(), capability))
    fail(ErrorKind::device, "cuda:", index, " is a ", info.name, " (sm_", capability, "), but this premix has code for the architectures ",
         cuda_architectures(), ": rebuild it with -DCMAKE_CUDA_ARCHITECTURES=", capability);
}

void check_usable_once(int index) {
  static std::mutex mutex;
  static std::set<int> usable;
  const std::lock_guard lock(mutex);
  if (usable.contains(index)) return;
  check_usable(index);
  usable.insert(index);
}

const char* remedy(cudaError_t error) {
  switch (error) {
    case cudaErrorInsufficientDriver:
      return "update the driver, or use the CPU";
    case cudaErrorNoKernelImageForDevice:
      return "this premix has no code for this GPU: rebuild it with -DCMAKE_CUDA_ARCHITECTURES=native";
    case cudaErrorMemoryAllocation:
      return "use smaller batches or images";
    default:
      return "the GPU's state is lost: end the program; compute-sanitizer finds the place";
  }
}

}  // namespace

void cuda_check(cudaError_t result, const char* call) {
  if (result == cudaSuccess) return;
  cudaGetLastError();
  fail(ErrorKind::device, "CUDA: ", cudaGetErrorString(result), " (", cudaGetErrorName(result), ") in ", call, ": ", remedy(result));
}

namespace detail {

CudaScope::CudaScope(Device device) : before_(-1), tag_{nullptr, device.index} {
  check_usable_once(device.index);
  PREMIX_CUDA_CHECK(cudaGetDevice(&before_));
  if (before_ != device.index) PREMIX_CUDA_CHECK(cudaSetDevice(device.index));
  tag_.stream = current_stream(device.index);
}

CudaScope::~CudaScope() {
  if (before_ != tag_.index) cudaSetDevice(before_);
}

int cuda_device_count() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  cudaGetLastError();
  return 0;
}

std::string cuda_problem() {
  int count = 0;
  const cudaError_t result = cudaGetDeviceCount(&count);
  if (result == cudaSuccess && count > 0) return {};
  cudaGetLastError();
  const std::string driver = cuda_driver_version(), runtime = cuda_runtime_version();
  if (driver == "0.0") return concat("no CUDA driver is installed: use the CPU, or install NVIDIA's driver for CUDA ", runtime, " or later");
  if (result == cudaErrorInsufficientDriver)
    return concat("the driver is for CUDA ", driver, " and this premix for ", runtime, ": update the driver, or use the CPU");
  if (result == cudaSuccess || result == cudaErrorNoDevice) return "no GPU is visible: use the CPU, or look at CUDA_VISIBLE_DEVICES";
  return concat("CUDA does not start: ", cudaGetErrorString(result));
}

}  // namespace detail

CudaDeviceInfo cuda_device_info(int index) {
  cudaDeviceProp properties{};
  PREMIX_CUDA_CHECK(cudaGetDeviceProperties(&properties, index));
  CudaDeviceInfo info{properties.name, properties.major, properties.minor, properties.multiProcessorCount, 0, 0};
  int before = 0;
  PREMIX_CUDA_CHECK(cudaGetDevice(&before));
  PREMIX_CUDA_CHECK(cudaSetDevice(index));
  PREMIX_CUDA_CHECK(cudaMemGetInfo(&info.free_bytes, &info.memory_bytes));
  PREMIX_CUDA_CHECK(cudaSetDevice(before));
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
