#pragma once

#include <deque>

#include "cuda/cudnn/descriptor.hpp"
#include "cuda/cudnn/request.hpp"

namespace premix::cudnn {

/// The tensors of a graph. Memory is bound to those before the virtual ones, which only lead from one operation to the
/// next.
enum class TensorId : std::int64_t { left = 1, right, result, residual, bias, first_virtual };

struct Graph {
  std::deque<Descriptor> parts;  // what the operations refer to, and these
  Descriptor operations;         // the graph itself
};

/// A convolution, and what is to follow it, as cuDNN is told of it. Throws Refused.
Graph operation_graph(cudnnHandle_t handle, const Request& request);

}  // namespace premix::cudnn
