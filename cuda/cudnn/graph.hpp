#pragma once

#include <deque>

#include "cuda/cudnn/descriptor.hpp"
#include "cuda/cudnn/request.hpp"

namespace premix::cudnn {

/// Tensors of a graph. Virtual tensors connect operations and have no memory.
enum class TensorId : std::int64_t { left = 1, right, result, residual, bias, first_virtual };

struct Graph {
  std::deque<Descriptor> parts;  // the operations and their tensors
  Descriptor operations;         // the graph itself
};

/// Builds cuDNN's graph of a convolution and the operations after it. Throws Refused.
Graph operation_graph(cudnnHandle_t handle, const Request& request);

}  // namespace premix::cudnn
