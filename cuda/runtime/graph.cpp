#include "cuda/runtime/check.hpp"
#include "cuda/runtime/graph_memory.hpp"
#include "premix/core/cuda.hpp"

namespace premix {
namespace {

// Records the work of this thread in the stream during its lifetime.
class Capture {
 public:
  explicit Capture(cudaStream_t stream) : stream_(stream) {
    // Thread-local mode: other threads may allocate and synchronise during the capture.
    PREMIX_CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  }
  // Discards the incomplete graph if the work threw.
  ~Capture() {
    if (!ended_ && cudaStreamEndCapture(stream_, &graph_) != cudaSuccess) cudaGetLastError();
    if (graph_ != nullptr && cudaGraphDestroy(graph_) != cudaSuccess) cudaGetLastError();
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  cudaGraph_t end() {
    ended_ = true;
    PREMIX_CUDA_CHECK(cudaStreamEndCapture(stream_, &graph_));
    return graph_;
  }

 private:
  cudaStream_t stream_;
  cudaGraph_t graph_ = nullptr;
  bool ended_ = false;
};

}  // namespace

CudaGraph::CudaGraph(Device device, const std::function<void()>& work, const CudaGraph* memory_of)
    : device_(device), stream_(nullptr) {
  PREMIX_CHECK(device.kind == Device::Kind::cuda, "CudaGraph: ", device, " cannot record. Use a GPU.");
  const detail::CudaScope scope(device);
  stream_ = scope.tag().stream;
  PREMIX_CHECK(stream_ != nullptr, "CudaGraph: the default stream of ", device,
               " cannot be recorded. Make a CudaStream and a StreamGuard.");
  PREMIX_CHECK(memory_of == nullptr || memory_of->stream_ == stream_,
               "CudaGraph: only graphs of the same stream can share memory");
  memory_ = memory_of != nullptr ? memory_of->memory_ : std::make_shared<GraphMemory>(scope.tag());
  const GraphMemory::Recording recording(memory_);
  work();
  Capture capture(stream_);
  work();
  PREMIX_CUDA_CHECK(cudaGraphInstantiate(&graph_, capture.end()));
}

// Waits for the last launch.
CudaGraph::~CudaGraph() {
  if (cudaStreamSynchronize(stream_) != cudaSuccess) cudaGetLastError();
  if (cudaGraphExecDestroy(graph_) != cudaSuccess) cudaGetLastError();
}

void CudaGraph::launch() const {
  const detail::CudaScope scope(device_);
  PREMIX_CUDA_CHECK(cudaGraphLaunch(graph_, stream_));
}

std::size_t CudaGraph::memory_bytes() const { return memory_->bytes(); }

}  // namespace premix
