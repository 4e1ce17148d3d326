#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "premix/io/safetensors.hpp"
#include "premix/nn/module.hpp"

namespace premix::io {

/// A parameter as files keep it: the names and layouts of the published code's state_dict. This header is the only
/// place that converts. Weights of convolutions are (O, I, K, K), of transposed ones (I, O, K, K), everything else is a
/// vector. Output channels are band by band where memory has them tap by tap (FileOrder).
template <Real T>
struct FileParameter {
  std::vector<std::int64_t> shape;
  std::vector<T> values;  // row-major
};

/// How a file shapes the parameter of that name ("model1.0.pf_ms.conv.weight") and of this shape in memory.
std::vector<std::int64_t> file_shape(std::string_view name, const Shape& shape);

/// parameter: a weight (O, K, K, I), (I, K, K, O) for a transposed convolution, or (1, 1, 1, C). Also for a parameter's
/// gradient.
template <Real T>
FileParameter<T> to_file_layout(std::string_view name, const Tensor<T>& parameter, FileOrder order = {});

/// The way back. shape: in memory. Throws a run-time Error where parameter does not have file_shape(name, shape).
template <Real T>
Tensor<T> from_file_layout(std::string_view name, const FileParameter<T>& parameter, const Shape& shape,
                           FileOrder order = {});

/// The parameter of that name, of this shape in memory. Throws a data Error, which names file and tensor, where it is
/// not there, has another shape, or holds a value that is not finite.
template <Real T>
Tensor<T> read_parameter(const SafetensorsReader& reader, const std::string& name, const Shape& shape,
                         FileOrder order = {});

/// Throws a data Error where the file has a tensor PREFIX + name that is not among the names. Tensors with a further
/// '/' belong to something else, and what operation counters leave behind (.total_ops, .total_params) is ignored.
void check_no_other_tensors(const SafetensorsReader& reader, std::string_view prefix,
                            const std::set<std::string>& names);

/// Reads all parameters of a module; each is the tensor PREFIX + its name. Throws as the two above do.
template <class Module>
void read_parameters(const SafetensorsReader& reader, const std::string& prefix, Module& module) {
  std::set<std::string> names;
  for_each_parameter(module, [&](const std::string& name, auto& variable, FileOrder order) {
    const auto value = read_parameter<typename Module::Scalar>(reader, prefix + name, variable.shape(), order);
    variable.mutable_value() = value.to(variable.device());
    names.insert(name);
  });
  check_no_other_tensors(reader, prefix, names);
}

/// Adds all parameters of a module under PREFIX + their names, in the order of the state_dict, as F32 or F64.
template <class Module>
void add_parameters(SafetensorsWriter& writer, const std::string& prefix, const Module& module) {
  for_each_parameter(module, [&](const std::string& name, const auto& variable, FileOrder order) {
    auto [shape, values] = to_file_layout(name, variable.value().to(cpu()), order);
    writer.add<typename Module::Scalar>(prefix + name, std::move(shape), values);
  });
}

}  // namespace premix::io
