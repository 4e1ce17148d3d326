#include <array>
#include <limits>
#include <stdexcept>

#include "cudnn_object.hpp"
#include "device_memory.hpp"
#include "premix/kernels/convert.hpp"

namespace shim {
namespace {

struct ConvolutionOf {
  int x, weight, y, convolution;
  int result;  // x, weight or y
};

std::optional<ConvolutionOf> convolution_of(const Object& operation) {
  switch (operation.type) {
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
      return ConvolutionOf{CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y};
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
      return ConvolutionOf{CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX};
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      return ConvolutionOf{
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW};
    default:
      return {};
  }
}

// Returns whether the size of y agrees with the sizes of x and the weight and with the convolution.
bool sizes_agree(const Object& operation, const ConvolutionOf& c) {
  const auto x = operation.object(c.x).all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
  const auto w = operation.object(c.weight).all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
  const auto y = operation.object(c.y).all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
  const Object& convolution = operation.object(c.convolution);
  bool agree = x[0] == y[0] && x[1] == w[1] && y[1] == w[0];
  for (std::size_t i = 0; i < 2; ++i) {
    const auto get = [&](int name) { return convolution.all<std::int64_t>(name)[i]; };
    const std::int64_t reach = get(CUDNN_ATTR_CONVOLUTION_DILATIONS) * (w[i + 2] - 1) + 1;
    const std::int64_t padded =
        x[i + 2] + get(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS) + get(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS);
    agree &= y[i + 2] == (padded - reach) / get(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES) + 1;
  }
  return agree;
}

// A tensor (N, C, H, W) with its memory.
class Tensor {
 public:
  Tensor(const Object& tensor, void* data)
      : sizes_(tensor.all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS)),
        strides_(tensor.all<std::int64_t>(CUDNN_ATTR_TENSOR_STRIDES)),
        type_(tensor.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE)),
        data_(data) {}

  std::int64_t size(int dimension) const { return sizes_.at(static_cast<std::size_t>(dimension)); }

  float get(std::array<std::int64_t, 4> at) const {
    if (type_ == CUDNN_DATA_BFLOAT16) return premix::widened(static_cast<const premix::bf16_t*>(data_)[index(at)]);
    return static_cast<const float*>(data_)[index(at)];
  }
  void set(std::array<std::int64_t, 4> at, float value) const {
    if (type_ == CUDNN_DATA_BFLOAT16)
      static_cast<premix::bf16_t*>(data_)[index(at)] = premix::narrowed<premix::bf16_t>(value);
    else
      static_cast<float*>(data_)[index(at)] = value;
  }

 private:
  // Broadcasts dimensions of size 1.
  std::int64_t index(const std::array<std::int64_t, 4>& at) const {
    std::int64_t index = 0;
    for (std::size_t i = 0; i < 4; ++i)
      if (sizes_[i] > 1) index += at[i] * strides_[i];
    return index;
  }

  std::vector<std::int64_t> sizes_, strides_;
  cudnnDataType_t type_;
  void* data_;
};

template <class Fn>
void for_each(const Tensor& t, Fn&& fn) {
  for (std::int64_t n = 0; n < t.size(0); ++n)
    for (std::int64_t c = 0; c < t.size(1); ++c)
      for (std::int64_t h = 0; h < t.size(2); ++h)
        for (std::int64_t w = 0; w < t.size(3); ++w) fn(std::array{n, c, h, w});
}

// Rounds to 11 significant bits, like tensor cores.
float tf32(float v) {
  const auto bits = __builtin_bit_cast(std::uint32_t, v);
  return __builtin_bit_cast(float, (bits + 0xfff + (bits >> 13 & 1)) & ~0x1fffu);
}

// Binds the tensors of a graph to the memory of a variant pack. Virtual tensors have their own memory, and those with
// the same unique number share it.
class Bound {
 public:
  Bound(const Object& pack) {
    const auto ids = pack.all<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    const auto pointers = pack.all<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
    for (std::size_t i = 0; i < ids.size(); ++i) pointers_[ids[i]] = pointers.at(i);
  }

  Tensor operator()(const Object& tensor) {
    const auto id = tensor.one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
    if (tensor.one<bool>(CUDNN_ATTR_TENSOR_IS_VIRTUAL)) {
      const auto sizes = tensor.all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
      auto& memory = virtual_[id];
      memory.resize(static_cast<std::size_t>(sizes[0] * sizes[1] * sizes[2] * sizes[3]));
      return {tensor, memory.data()};
    }
    void* const data = pointers_.at(id);
    if (reinterpret_cast<std::uintptr_t>(data) %
            static_cast<std::uintptr_t>(tensor.one<std::int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT)) !=
        0)
      throw std::invalid_argument("misaligned");
    return {tensor, data};
  }

 private:
  std::map<std::int64_t, void*> pointers_;
  std::map<std::int64_t, std::vector<float>> virtual_;
};

// Reads the elements in order, channels fastest. Rounds them as the engine does.
std::vector<double> read(const Tensor& t, std::int64_t engine) {
  std::vector<double> numbers;
  for (std::int64_t n = 0; n < t.size(0); ++n)
    for (std::int64_t h = 0; h < t.size(2); ++h)
      for (std::int64_t w = 0; w < t.size(3); ++w)
        for (std::int64_t c = 0; c < t.size(1); ++c) {
          const float value = t.get({n, c, h, w});
          numbers.push_back(static_cast<double>(engine == engine::tensor_core ? tf32(value) : value));
        }
  return numbers;
}

void write(const Tensor& t, const std::vector<double>& numbers, std::int64_t engine) {
  const bool right = engine == engine::tensor_core || engine == engine::good || engine == engine::fallback;
  auto next = numbers.begin();
  for (std::int64_t n = 0; n < t.size(0); ++n)
    for (std::int64_t h = 0; h < t.size(2); ++h)
      for (std::int64_t w = 0; w < t.size(3); ++w)
        for (std::int64_t c = 0; c < t.size(1); ++c)
          t.set({n, c, h, w}, right ? static_cast<float>(*next++) : std::numeric_limits<float>::quiet_NaN());
}

// One tap of one pixel, all channels. The result among x, weight and y accumulates products of the other two.
struct Tap {
  double *x, *weight, *y;  // x (C), weight (O, ..., C), y (O); distance: stride along O of the weight
  std::int64_t channels, out, distance;
};

// Without sanitizers, because the tests spend most of their time here.
template <class Add>
[[gnu::no_sanitize("address", "undefined"), gnu::optimize("O3")]] void add_tap(const Tap& tap, const Add& add) {
  for (std::int64_t o = 0; o < tap.out; ++o)
    for (std::int64_t c = 0; c < tap.channels; ++c) add(tap.x[c], tap.weight[o * tap.distance + c], tap.y[o]);
}

void convolve(const Object& operation, const ConvolutionOf& c, std::int64_t engine, Bound& bound) {
  const Tensor x = bound(operation.object(c.x)), weight = bound(operation.object(c.weight)),
               y = bound(operation.object(c.y));
  const Object& convolution = operation.object(c.convolution);
  const auto padding = convolution.all<std::int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);
  const auto stride = convolution.all<std::int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
  const bool flipped = convolution.one<cudnnConvolutionMode_t>(CUDNN_ATTR_CONVOLUTION_CONV_MODE) == CUDNN_CONVOLUTION;
  const auto numbers = [&](const Tensor& t, int name) {
    if (name != c.result) return read(t, engine);
    return std::vector<double>(static_cast<std::size_t>(t.size(0) * t.size(1) * t.size(2) * t.size(3)));
  };
  auto xs = numbers(x, c.x), weights = numbers(weight, c.weight), ys = numbers(y, c.y);
  const std::int64_t channels = x.size(1), out = y.size(1), kernel_width = weight.size(3),
                     taps = weight.size(2) * kernel_width;
  for (std::int64_t pixel = 0; pixel < y.size(0) * y.size(2) * y.size(3); ++pixel)
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      const std::int64_t n = pixel / y.size(3) / y.size(2);
      const std::int64_t row = pixel / y.size(3) % y.size(2) * stride[0] - padding[0] + tap / kernel_width;
      const std::int64_t column = pixel % y.size(3) * stride[1] - padding[1] + tap % kernel_width;
      if (row < 0 || row >= x.size(2) || column < 0 || column >= x.size(3)) continue;
      const Tap at{xs.data() + ((n * x.size(2) + row) * x.size(3) + column) * channels,
                   weights.data() + (flipped ? taps - 1 - tap : tap) * channels,
                   ys.data() + pixel * out,
                   channels,
                   out,
                   taps * channels};
      if (c.result == c.x) add_tap(at, [](double& to, double w, double d) { to += w * d; });
      if (c.result == c.weight) add_tap(at, [](double from, double& to, double d) { to += from * d; });
      if (c.result == c.y) add_tap(at, [](double from, double w, double& to) { to += from * w; });
    }
  if (c.result == c.x) write(x, xs, engine);
  if (c.result == c.weight) write(weight, weights, engine);
  if (c.result == c.y) write(y, ys, engine);
}

void follow(const Object& operation, Bound& bound) {
  const Object& pointwise = operation.object(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
  const auto mode = pointwise.one<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE);
  const Tensor x = bound(operation.object(CUDNN_ATTR_OPERATION_POINTWISE_XDESC));
  const Tensor y = bound(operation.object(CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
  if (mode == CUDNN_POINTWISE_ADD) {
    const Tensor b = bound(operation.object(CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
    for_each(y, [&](auto at) { y.set(at, x.get(at) + b.get(at)); });
  } else {
    const bool nan_stays =
        pointwise.attributes.count(CUDNN_ATTR_POINTWISE_NAN_PROPAGATION) == 1 &&
        pointwise.one<cudnnNanPropagation_t>(CUDNN_ATTR_POINTWISE_NAN_PROPAGATION) == CUDNN_PROPAGATE_NAN;
    for_each(y, [&](auto at) {
      const float value = x.get(at);
      y.set(at, value > 0 || (nan_stays && value != value) ? value : 0);
    });
  }
}

}  // namespace

cudnnStatus_t check_operation(const Object& object) {
  const auto convolution = convolution_of(object);
  return !convolution || sizes_agree(object, *convolution) ? CUDNN_STATUS_SUCCESS
                                                           : CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH;
}

cudnnStatus_t check_graph(const Object& graph) {
  const auto operations = graph.all<const Object*>(CUDNN_ATTR_OPERATIONGRAPH_OPS);
  if (operations.size() > 1 && !cudnn().fuses) return CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN;
  const auto convolution = convolution_of(*operations[0]);
  if (!convolution) return CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN;
  std::vector<cudnnDataType_t> factors;
  std::map<std::int64_t, const Object*> tensors;  // by unique number
  for (const Object* operation : operations)
    for (const auto& [name, attribute] : operation->attributes) {
      if (attribute.type != CUDNN_TYPE_BACKEND_DESCRIPTOR ||
          operation->object(name).type != CUDNN_BACKEND_TENSOR_DESCRIPTOR)
        continue;
      const Object& tensor = operation->object(name);
      const auto before = tensors.emplace(tensor.one<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID), &tensor).first->second;
      if (before != &tensor) return CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES;
      if (operation == operations[0] && name != convolution->result)
        factors.push_back(tensor.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE));
    }
  if (factors.at(0) != factors.at(1)) return CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE;
  const auto result = operations[0]->object(convolution->result).one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE);
  if (result != factors[0] && !(result == CUDNN_DATA_FLOAT && cudnn().has_float_results_of_bf16))
    return CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE;
  return CUDNN_STATUS_SUCCESS;
}

void check_bound(const Object& graph, const Object& pack) {
  Bound bound(pack);
  for (const Object* operation : graph.all<const Object*>(CUDNN_ATTR_OPERATIONGRAPH_OPS))
    for (const auto& [name, attribute] : operation->attributes)
      if (attribute.type == CUDNN_TYPE_BACKEND_DESCRIPTOR &&
          operation->object(name).type == CUDNN_BACKEND_TENSOR_DESCRIPTOR)
        bound(operation->object(name));
}

void compute(const Object& graph, const Object& pack, std::int64_t engine) {
  const DeviceMemoryAccess access;
  Bound bound(pack);
  for (const Object* operation : graph.all<const Object*>(CUDNN_ATTR_OPERATIONGRAPH_OPS)) {
    if (const auto convolution = convolution_of(*operation))
      convolve(*operation, *convolution, engine, bound);
    else
      follow(*operation, bound);
  }
}

}  // namespace shim
