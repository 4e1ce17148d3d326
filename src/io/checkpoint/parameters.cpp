#include "io/checkpoint/parameters.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/float_mode.hpp"
#include "premix/core/error.hpp"
#include "premix/core/text.hpp"
#include "premix/kernels/convert.hpp"

namespace premix::io {
namespace {

std::string text_of(const std::vector<std::int64_t>& shape) { return '(' + detail::joined(shape, ", ") + ')'; }

// Quotes a name as JSON: a name from a file may contain line breaks.
std::string quoted(const std::string& name) { return nlohmann::json(name).dump(); }

bool is_weight(std::string_view name) { return name.ends_with("weight"); }

// Converts an output channel of a file to that in memory: b * taps + t in files, t * B + b in memory.
std::int64_t memory_channel(std::int64_t file_channel, std::int64_t channels, FileOrder order) {
  if (order.bands == 0) return file_channel;
  const std::int64_t taps = channels / order.bands;
  return file_channel % taps * order.bands + file_channel / taps;
}

// Calls fn(index in memory) in file order. Weights are (O, K, K, I) in memory and (O, I, K, K) in files. Vectors are
// (1, 1, 1, O).
template <class Fn>
void for_each_in_file_order(std::string_view name, const Shape& shape, FileOrder order, Fn&& fn) {
  if (!is_weight(name)) {
    for (std::int64_t c = 0; c < shape.c; ++c) fn(memory_channel(c, shape.c, order));
    return;
  }
  for (std::int64_t n = 0; n < shape.n; ++n)
    for (std::int64_t c = 0; c < shape.c; ++c)
      for (std::int64_t p = 0; p < shape.h * shape.w; ++p)
        fn((memory_channel(n, shape.n, order) * shape.h * shape.w + p) * shape.c + c);
}

}  // namespace

std::vector<std::int64_t> file_shape(std::string_view name, const Shape& shape) {
  if (is_weight(name)) return {shape.n, shape.c, shape.h, shape.w};
  PREMIX_CHECK(shape.pixels() == 1, "file_shape: ", name, " of shape ", shape,
               " is neither a weight nor a vector (1, 1, 1, C)");
  return {shape.c};
}

template <Real T>
FileParameter<T> to_file_layout(std::string_view name, const Tensor<T>& parameter, FileOrder order) {
  FileParameter<T> result{file_shape(name, parameter.shape()), {}};
  result.values.reserve(static_cast<std::size_t>(parameter.size()));
  const auto values = parameter.values();
  for_each_in_file_order(name, parameter.shape(), order, [&](std::int64_t position) {
    result.values.push_back(values[static_cast<std::size_t>(position)]);
  });
  return result;
}

template <Real T>
Tensor<T> from_file_layout(std::string_view name, const FileParameter<T>& parameter, const Shape& shape,
                           FileOrder order) {
  PREMIX_CHECK(
      parameter.shape == file_shape(name, shape) && static_cast<std::int64_t>(parameter.values.size()) == shape.size(),
      "from_file_layout: ", name, " is ", text_of(parameter.shape), ", not ", text_of(file_shape(name, shape)));
  Tensor<T> result(shape);
  T* to = result.mutable_data();
  const T* from = parameter.values.data();
  for_each_in_file_order(name, shape, order, [&](std::int64_t position) { to[position] = *from++; });
  return result;
}

template <Real T>
Tensor<T> read_parameter(const SafetensorsReader& reader, const std::string& name, const Shape& shape,
                         FileOrder order) {
  const SafetensorsReader::Entry* entry = reader.find(name);
  const std::string file = reader.path().string();
  if (entry == nullptr)
    fail(ErrorKind::data, file, ": tensor ", name, " is missing. Use weights of this architecture, whole.");
  const auto expected = file_shape(name, shape);
  if (entry->shape != expected)
    fail(ErrorKind::data, file, ": tensor ", name, " is ", text_of(entry->shape), ", the network has ",
         text_of(expected), ". Use weights of this architecture.");
  const FileParameter<T> parameter{expected, reader.read<T>(*entry)};
  if (!std::all_of(parameter.values.begin(), parameter.values.end(), [](T value) { return std::isfinite(value); }))
    fail(ErrorKind::data, file, ": tensor ", name,
         " contains NaN or infinity: the training diverged or the file is damaged. Train again.");
  return from_file_layout(name, parameter, shape, order);
}

template <Real T>
void add_as_float16(SafetensorsWriter& writer, const std::string& name, std::vector<std::int64_t> shape,
                    const std::vector<T>& values) {
  const core::SubnormalsKept kept;
  std::vector<half_t> halves;
  halves.reserve(values.size());
  for (const T value : values) {
    halves.push_back(narrowed<half_t>(static_cast<float>(value)));
    PREMIX_CHECK((halves.back().bits & 0x7fff) != 0x7c00, "save_weights: tensor ", name, " has the value ", value,
                 ", float16 ends at 65504. Store the weights in full.");
  }
  writer.add<half_t>(name, std::move(shape), halves);
}

void check_no_other_tensors(const SafetensorsReader& reader, std::string_view prefix,
                            const std::set<std::string>& names) {
  for (const auto& entry : reader.entries()) {
    if (!entry.name.starts_with(prefix)) continue;
    const std::string name = entry.name.substr(prefix.size());
    const bool counter = name.ends_with("total_ops") || name.ends_with("total_params");
    if (counter || names.contains(name) || name.find('/') != std::string::npos) continue;
    fail(ErrorKind::data, reader.path().string(), ": tensor ", quoted(entry.name),
         " is not in the network. Use weights of this architecture, or remove it.");
  }
}

#define PREMIX_INSTANTIATE(T)                                                                               \
  template FileParameter<T> to_file_layout(std::string_view, const Tensor<T>&, FileOrder);                  \
  template Tensor<T> from_file_layout(std::string_view, const FileParameter<T>&, const Shape&, FileOrder);  \
  template Tensor<T> read_parameter(const SafetensorsReader&, const std::string&, const Shape&, FileOrder); \
  template void add_as_float16(SafetensorsWriter&, const std::string&, std::vector<std::int64_t>,           \
                               const std::vector<T>&);
PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)
#undef PREMIX_INSTANTIATE

}  // namespace premix::io
