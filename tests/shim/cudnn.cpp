#include "cudnn.hpp"

#include <cudnn_backend.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "device_memory.hpp"
#include "premix/kernels/convert.hpp"

// Stands in for cuDNN: its graph API as far as convolutions use it. Each attribute is checked by the type of the descriptor, its own type
// and its count when it is set, and what must be there when the descriptor is finalized; a graph is computed by loops over dimensions and
// strides, in the shim's device memory.

struct cudnnContext {
  cudaStream_t stream = nullptr;
};

namespace shim {
namespace {

struct Attribute {
  cudnnBackendAttributeType_t type;
  std::int64_t count;
  std::vector<char> bytes;
};

// A descriptor.
struct Object {
  cudnnBackendDescriptorType_t type;
  std::map<int, Attribute> attributes;
  bool finalized = false;
  std::int64_t engine = 0;        // of an engine or a configuration
  const Object* graph = nullptr;  // of a configuration

  template <class T>
  std::vector<T> all(int name) const {
    const Attribute& attribute = attributes.at(name);
    std::vector<T> values(static_cast<std::size_t>(attribute.count));
    std::memcpy(values.data(), attribute.bytes.data(), attribute.bytes.size());
    return values;
  }
  template <class T>
  T one(int name) const {
    T value;
    std::memcpy(&value, attributes.at(name).bytes.data(), sizeof value);
    return value;
  }
  const Object& object(int name) const { return *one<const Object*>(name); }
};

struct Rule {
  int name;
  std::set<int> types;
  std::int64_t least, most;
  bool required = true;
};

Rule one(int name, int type) { return {name, {type}, 1, 1}; }
Rule several(int name, int type, std::int64_t count) { return {name, {type}, count, count}; }
Rule factor(int name) { return {name, {CUDNN_TYPE_FLOAT, CUDNN_TYPE_DOUBLE}, 1, 1, false}; }
Rule object(int name) { return one(name, CUDNN_TYPE_BACKEND_DESCRIPTOR); }

const std::map<int, std::vector<Rule>>& rules() {
  static const std::map<int, std::vector<Rule>> rules{
      {CUDNN_BACKEND_TENSOR_DESCRIPTOR,
       {one(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64),
        one(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE),
        several(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4),
        several(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4),
        one(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64),
        {CUDNN_ATTR_TENSOR_IS_VIRTUAL, {CUDNN_TYPE_BOOLEAN}, 1, 1, false}}},
      {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR,
       {one(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64), one(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE),
        one(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE),
        several(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2),
        several(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2),
        several(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2),
        several(CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2)}},
      {CUDNN_BACKEND_POINTWISE_DESCRIPTOR,
       {one(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE),
        one(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE),
        {CUDNN_ATTR_POINTWISE_NAN_PROPAGATION, {CUDNN_TYPE_NAN_PROPOGATION}, 1, 1, false}}},
      {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
       {object(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X), object(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W),
        object(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y), object(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC),
        factor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA), factor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA)}},
      {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
       {object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY), object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W),
        object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX), object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC),
        factor(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA), factor(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA)}},
      {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
       {object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X), object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY),
        object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW), object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC),
        factor(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA), factor(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA)}},
      {CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR,
       {object(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR),
        object(CUDNN_ATTR_OPERATION_POINTWISE_XDESC),
        object(CUDNN_ATTR_OPERATION_POINTWISE_YDESC),
        {CUDNN_ATTR_OPERATION_POINTWISE_BDESC, {CUDNN_TYPE_BACKEND_DESCRIPTOR}, 1, 1, false}}},
      {CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR,
       {one(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE), {CUDNN_ATTR_OPERATIONGRAPH_OPS, {CUDNN_TYPE_BACKEND_DESCRIPTOR}, 1, 8}}},
      {CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR,
       {object(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH), one(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE)}},
      {CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, {}},
      {CUDNN_BACKEND_ENGINE_DESCRIPTOR, {}},
      {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR,
       {one(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE), object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)}},
      {CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR,
       {{CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, {CUDNN_TYPE_INT64}, 1, 8},
        {CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, {CUDNN_TYPE_VOID_PTR}, 1, 8},
        one(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR)}},
  };
  return rules;
}

std::size_t size_of(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_BOOLEAN:
      return sizeof(bool);
    case CUDNN_TYPE_FLOAT:
      return sizeof(float);
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
      return 8;
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
      return sizeof(void*);
    default:
      return sizeof(cudnnDataType_t);  // the enumerations
  }
}

// A tensor with its memory, dimensions N, C, H, W. Those of an operation share it by their unique numbers.
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
  // A size of 1 is repeated.
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

struct ConvolutionOf {
  int x, weight, y, convolution;
  int result;  // of the three
};

std::optional<ConvolutionOf> convolution_of(const Object& operation) {
  switch (operation.type) {
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
      return ConvolutionOf{CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y};
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
      return ConvolutionOf{CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX};
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      return ConvolutionOf{CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW};
    default:
      return {};
  }
}

// Whether y is what the convolution makes of x, by the sizes that stand in the descriptors.
bool sizes_agree(const Object& operation, const ConvolutionOf& c) {
  const auto x = operation.object(c.x).all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
  const auto w = operation.object(c.weight).all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
  const auto y = operation.object(c.y).all<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
  const Object& convolution = operation.object(c.convolution);
  bool agree = x[0] == y[0] && x[1] == w[1] && y[1] == w[0];
  for (std::size_t i = 0; i < 2; ++i) {
    const auto get = [&](int name) { return convolution.all<std::int64_t>(name)[i]; };
    const std::int64_t reach = get(CUDNN_ATTR_CONVOLUTION_DILATIONS) * (w[i + 2] - 1) + 1;
    const std::int64_t padded = x[i + 2] + get(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS) + get(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS);
    agree &= y[i + 2] == (padded - reach) / get(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES) + 1;
  }
  return agree;
}

// To 11 significant bits, as tensor cores round.
float tf32(float v) {
  const auto bits = __builtin_bit_cast(std::uint32_t, v);
  return __builtin_bit_cast(float, (bits + 0xfff + (bits >> 13 & 1)) & ~0x1fffu);
}

// The tensors of a graph in the memory of a variant pack, virtual ones in memory of their own.
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
    if (reinterpret_cast<std::uintptr_t>(data) % static_cast<std::uintptr_t>(tensor.one<std::int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT)) !=
        0)
      throw std::invalid_argument("misaligned");
    return {tensor, data};
  }

 private:
  std::map<std::int64_t, void*> pointers_;
  std::map<std::int64_t, std::vector<float>> virtual_;
};

// A tensor's numbers one after another, channels fastest, and back. Rounded as an engine does.
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

// One tap of one pixel, all channels: of x, weight and y the one that is the result gets the products of the others.
struct Tap {
  double *x, *weight, *y;  // (C), weight (O, ..., C) with a distance from one O to the next
  std::int64_t channels, out, distance;
};

// The tests spend their time here: no sanitizer.
template <class Add>
[[gnu::no_sanitize("address", "undefined"), gnu::optimize("O3")]] void add_tap(const Tap& tap, const Add& add) {
  for (std::int64_t o = 0; o < tap.out; ++o)
    for (std::int64_t c = 0; c < tap.channels; ++c) add(tap.x[c], tap.weight[o * tap.distance + c], tap.y[o]);
}

void convolve(const Object& operation, const ConvolutionOf& c, std::int64_t engine, Bound& bound) {
  const Tensor x = bound(operation.object(c.x)), weight = bound(operation.object(c.weight)), y = bound(operation.object(c.y));
  const Object& convolution = operation.object(c.convolution);
  const auto padding = convolution.all<std::int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);
  const auto stride = convolution.all<std::int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
  const auto numbers = [&](const Tensor& t, int name) {
    if (name != c.result) return read(t, engine);
    return std::vector<double>(static_cast<std::size_t>(t.size(0) * t.size(1) * t.size(2) * t.size(3)));
  };
  auto xs = numbers(x, c.x), weights = numbers(weight, c.weight), ys = numbers(y, c.y);
  const std::int64_t channels = x.size(1), out = y.size(1), kernel_height = weight.size(2), kernel_width = weight.size(3);
  for (std::int64_t pixel = 0; pixel < y.size(0) * y.size(2) * y.size(3); ++pixel)
    for (std::int64_t tap = 0; tap < kernel_height * kernel_width; ++tap) {
      const std::int64_t n = pixel / y.size(3) / y.size(2);
      const std::int64_t row = pixel / y.size(3) % y.size(2) * stride[0] - padding[0] + tap / kernel_width;
      const std::int64_t column = pixel % y.size(3) * stride[1] - padding[1] + tap % kernel_width;
      if (row < 0 || row >= x.size(2) || column < 0 || column >= x.size(3)) continue;
      const Tap at{xs.data() + ((n * x.size(2) + row) * x.size(3) + column) * channels,
                   weights.data() + tap * channels,
                   ys.data() + pixel * out,
                   channels,
                   out,
                   kernel_height * kernel_width * channels};
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
    const bool nan_stays = pointwise.attributes.count(CUDNN_ATTR_POINTWISE_NAN_PROPAGATION) == 1 &&
                           pointwise.one<cudnnNanPropagation_t>(CUDNN_ATTR_POINTWISE_NAN_PROPAGATION) == CUDNN_PROPAGATE_NAN;
    for_each(y, [&](auto at) {
      const float value = x.get(at);
      y.set(at, value > 0 || (nan_stays && value != value) ? value : 0);
    });
  }
}

std::int64_t workspace_of(std::int64_t engine) { return engine == engine::greedy ? std::int64_t{1} << 40 : 1000; }

std::vector<std::int64_t> offered(cudnnBackendHeurMode_t mode) {
  if (!cudnn().has_engines) return {};
  if (mode == CUDNN_HEUR_MODE_FALLBACK) return {engine::nondeterministic, engine::fallback};
  if (!cudnn().heuristics_offer) return {engine::does_not_finalize};
  return {engine::nondeterministic, engine::narrowing, engine::does_not_finalize, engine::tensor_core, engine::greedy,
          engine::fourier,          engine::good};
}

std::vector<cudnnBackendNumericalNote_t> notes_of(std::int64_t engine) {
  switch (engine) {
    case engine::nondeterministic:
      return {CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC};
    case engine::narrowing:
      return {CUDNN_NUMERICAL_NOTE_TENSOR_CORE, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS};
    case engine::tensor_core:
      return {CUDNN_NUMERICAL_NOTE_TENSOR_CORE};
    case engine::fourier:
      return {CUDNN_NUMERICAL_NOTE_FFT};
    case engine::good:
      return {CUDNN_NUMERICAL_NOTE_WINOGRAD};
    default:
      return {};
  }
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
      if (attribute.type != CUDNN_TYPE_BACKEND_DESCRIPTOR || operation->object(name).type != CUDNN_BACKEND_TENSOR_DESCRIPTOR) continue;
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

cudnnStatus_t finalize(Object& object) {
  for (const Rule& rule : rules().at(object.type))
    if (rule.required && object.attributes.count(rule.name) == 0) return CUDNN_STATUS_BAD_PARAM;
  for (const auto& [name, attribute] : object.attributes)
    if (attribute.type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
      for (const Object* part : object.all<const Object*>(name))
        if (!part->finalized) return CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED;
  if (const auto convolution = convolution_of(object); convolution && !sizes_agree(object, *convolution))
    return CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH;
  if (object.type == CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR) return check_graph(object);
  if (object.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
    if (object.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG).engine == engine::does_not_finalize)
      return CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH;
    ++cudnn().plans;
  }
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t set(Object& object, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                  const void* values) {
  if (object.finalized || values == nullptr) return CUDNN_STATUS_BAD_PARAM;
  for (const Rule& rule : rules().at(object.type)) {
    if (rule.name != name) continue;
    if (rule.types.count(type) == 0) return CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE;
    if (count < rule.least || count > rule.most) return CUDNN_STATUS_BAD_PARAM_SIZE_INSUFFICIENT;
    const char* const bytes = static_cast<const char*>(values);
    object.attributes[name] = {type, count, {bytes, bytes + static_cast<std::size_t>(count) * size_of(type)}};
    return CUDNN_STATUS_SUCCESS;
  }
  return CUDNN_STATUS_NOT_SUPPORTED;
}

// As many values as there is room for; how many there are.
template <class T>
void give(const std::vector<T>& from, std::int64_t room, std::int64_t* count, void* to) {
  *count = static_cast<std::int64_t>(from.size());
  if (room > 0) std::memcpy(to, from.data(), sizeof(T) * static_cast<std::size_t>(std::min(room, *count)));
}

cudnnStatus_t get(const Object& object, int name, cudnnBackendAttributeType_t type, std::int64_t room, std::int64_t* count, void* to) {
  if (object.type == CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR && name == CUDNN_ATTR_ENGINEHEUR_RESULTS &&
      type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    const auto engines = offered(object.one<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE));
    *count = static_cast<std::int64_t>(engines.size());
    for (std::size_t i = 0; i < engines.size() && static_cast<std::int64_t>(i) < room; ++i) {
      Object& configuration = *static_cast<Object**>(to)[i];
      configuration.engine = engines[i];
      configuration.graph = &object.object(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
      configuration.finalized = true;
    }
  } else if (object.type == CUDNN_BACKEND_ENGINECFG_DESCRIPTOR && name == CUDNN_ATTR_ENGINECFG_ENGINE &&
             type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    *count = 1;
    if (room > 0) (*static_cast<Object**>(to))->engine = object.engine;
  } else if (object.type == CUDNN_BACKEND_ENGINE_DESCRIPTOR && name == CUDNN_ATTR_ENGINE_NUMERICAL_NOTE &&
             type == CUDNN_TYPE_NUMERICAL_NOTE) {
    give(notes_of(object.engine), room, count, to);
  } else if (object.type == CUDNN_BACKEND_ENGINE_DESCRIPTOR && name == CUDNN_ATTR_ENGINE_GLOBAL_INDEX && type == CUDNN_TYPE_INT64) {
    give(std::vector{object.engine}, room, count, to);
  } else if (object.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR && name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE &&
             type == CUDNN_TYPE_INT64 && object.finalized) {
    give(std::vector{workspace_of(object.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG).engine)}, room, count, to);
  } else {
    return CUDNN_STATUS_BAD_PARAM;
  }
  return CUDNN_STATUS_SUCCESS;
}

void execute(const Object& plan, const Object& pack) {
  const Object& configuration = plan.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  const DeviceMemoryAccess access;
  std::memset(pack.one<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE), 0xab, static_cast<std::size_t>(workspace_of(configuration.engine)));
  Bound bound(pack);
  for (const Object* operation : configuration.graph->all<const Object*>(CUDNN_ATTR_OPERATIONGRAPH_OPS)) {
    if (const auto convolution = convolution_of(*operation))
      convolve(*operation, *convolution, configuration.engine, bound);
    else
      follow(*operation, bound);
  }
  cudnn().executed.push_back(configuration.engine);
}

}  // namespace

Cudnn& cudnn() {
  static Cudnn cudnn;
  return cudnn;
}

}  // namespace shim

using shim::Object;

std::size_t cudnnGetVersion() { return CUDNN_VERSION; }
const char* cudnnGetErrorString(cudnnStatus_t status) {
  return status / 1000 == 3   ? "CUDNN_STATUS_NOT_SUPPORTED"
         : status / 1000 == 2 ? "CUDNN_STATUS_BAD_PARAM"
                              : "CUDNN_STATUS_EXECUTION_FAILED";
}
cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  static auto* handles = new std::vector<cudnnHandle_t>;  // never destroyed, as the library's
  handles->push_back(*handle = new cudnnContext);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) { return handle->stream = stream, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* descriptor) {
  *descriptor = new Object{type, {}};
  return shim::rules().count(type) == 1 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  delete static_cast<Object*>(descriptor);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  Object& object = *static_cast<Object*>(descriptor);
  const cudnnStatus_t status = shim::finalize(object);
  object.finalized = status == CUDNN_STATUS_SUCCESS;
  return status;
}
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, std::int64_t count, const void* values) {
  return shim::set(*static_cast<Object*>(descriptor), name, type, count, values);
}
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, std::int64_t room, std::int64_t* count, void* values) {
  return shim::get(*static_cast<const Object*>(descriptor), name, type, room, count, values);
}
cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack) {
  const auto &plan_object = *static_cast<const Object*>(plan), &pack_object = *static_cast<const Object*>(pack);
  if (!plan_object.finalized || !pack_object.finalized) return CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED;
  if (!shim::cudnn().executes) return CUDNN_STATUS_EXECUTION_FAILED;
  shim::cudnn().stream = handle->stream;
  try {
    shim::execute(plan_object, pack_object);
  } catch (const std::exception&) {  // a tensor without memory, or misaligned
    return CUDNN_STATUS_BAD_PARAM;
  }
  return CUDNN_STATUS_SUCCESS;
}
