#include "cuda/cudnn/graph.hpp"

#include "premix/core/shape.hpp"

namespace premix::cudnn {
namespace {

using Names = cudnnBackendAttributeName_t;

// Builds a graph. Keeps its descriptors in order of creation.
class GraphBuilder {
 public:
  GraphBuilder(cudnnHandle_t handle, const Request& request)
      : handle_(handle), request_(request), following_(request.residual + request.bias + request.relu) {}

  Graph build() && {
    const Conv2dSizes& s = request_.sizes;
    const Shape x{s.images, s.height, s.width, s.channels}, y{s.images, s.out_height, s.out_width, s.out_channels};
    const Shape weight{s.out_channels, s.kernel, s.kernel, s.channels};
    switch (request_.pass) {
      case Pass::forward:
        convolve(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                 {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                  CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                  CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
                 x, weight, y);
        break;
      case Pass::backward_data:
        convolve(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                 {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
                 y, weight, x);
        break;
      case Pass::backward_weight:
        convolve(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
                 {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA},
                 x, y, weight);
    }
    if (request_.residual) follow(CUDNN_POINTWISE_ADD, y, &tensor(TensorId::residual, CUDNN_DATA_FLOAT, y));
    if (request_.bias) follow(CUDNN_POINTWISE_ADD, y, &tensor(TensorId::bias, CUDNN_DATA_FLOAT, {1, 1, 1, y.c}));
    if (request_.relu) follow(CUDNN_POINTWISE_RELU_FWD, y, nullptr);
    Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle_);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations_);
    graph.finalize("making an operation graph");
    for (Descriptor& operation : operations_) parts_.push_back(std::move(operation));
    return {std::move(parts_), std::move(graph)};
  }

 private:
  struct ConvolutionNames {
    Names left, right, result, convolution, alpha, beta;
  };

  const Descriptor& kept(Descriptor&& part) { return parts_.emplace_back(std::move(part)); }

  // The layout is NHWC. cuDNN takes dimensions in the order N, C, H, W, with strides.
  const Descriptor& tensor(TensorId id, cudnnDataType_t type, const Shape& s) {
    Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, static_cast<std::int64_t>(id));
    tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, type);
    tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, std::vector{s.n, s.c, s.h, s.w});
    tensor.set(CUDNN_ATTR_TENSOR_STRIDES, std::vector{s.h * s.w * s.c, std::int64_t{1}, s.w * s.c, s.c});
    tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, std::int64_t{request_.alignment});
    tensor.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, id >= TensorId::first_virtual);
    tensor.finalize("describing a tensor");
    return kept(std::move(tensor));
  }

  // Output of the next operation: the result if it is the last one, else a virtual tensor.
  const Descriptor& output(const Shape& shape) {
    if (following_ == 0)
      return tensor(TensorId::result, request_.narrow_result ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT, shape);
    return tensor(static_cast<TensorId>(static_cast<std::int64_t>(TensorId::first_virtual) + following_),
                  CUDNN_DATA_FLOAT, shape);
  }

  const Descriptor& convolution() {
    const std::vector<std::int64_t> padding(2, request_.sizes.padding()), stride(2, request_.sizes.stride),
        dilation(2, 1);
    Descriptor convolution(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    convolution.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
    convolution.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
    convolution.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
    convolution.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, padding);
    convolution.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, padding);
    convolution.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, stride);
    convolution.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, dilation);
    convolution.finalize("describing a convolution");
    return kept(std::move(convolution));
  }

  void convolve(cudnnBackendDescriptorType_t type, const ConvolutionNames& names, const Shape& left, const Shape& right,
                const Shape& result) {
    const cudnnDataType_t factors = request_.precision == Precision::bfloat16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
    last_ = &output(result);
    Descriptor operation(type);
    operation.set(names.left, tensor(TensorId::left, factors, left));
    operation.set(names.right, tensor(TensorId::right, factors, right));
    operation.set(names.result, *last_);
    operation.set(names.convolution, convolution());
    operation.set(names.alpha, 1.0f);
    operation.set(names.beta, 0.0f);
    operation.finalize("describing a convolution's operation");
    operations_.push_back(std::move(operation));
  }

  // Appends a pointwise operation on the last output. second: second operand or null.
  void follow(cudnnPointwiseMode_t mode, const Shape& shape, const Descriptor* second) {
    --following_;
    Descriptor pointwise(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    pointwise.set(CUDNN_ATTR_POINTWISE_MODE, mode);
    pointwise.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
    if (mode == CUDNN_POINTWISE_RELU_FWD) pointwise.set(CUDNN_ATTR_POINTWISE_NAN_PROPAGATION, CUDNN_PROPAGATE_NAN);
    pointwise.finalize("describing what follows a convolution");
    Descriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kept(std::move(pointwise)));
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, *last_);
    if (second != nullptr) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *second);
    last_ = &output(shape);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, *last_);
    operation.finalize("describing the operation that follows a convolution");
    operations_.push_back(std::move(operation));
  }

  cudnnHandle_t handle_;
  const Request& request_;
  int following_;  // number of remaining operations
  std::deque<Descriptor> parts_;
  std::vector<Descriptor> operations_;
  const Descriptor* last_ = nullptr;  // output of the last operation
};

}  // namespace

Graph operation_graph(cudnnHandle_t handle, const Request& request) { return GraphBuilder(handle, request).build(); }

}  // namespace premix::cudnn
