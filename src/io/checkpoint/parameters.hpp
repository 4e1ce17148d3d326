#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "premix/io/checkpoint.hpp"
#include "premix/io/safetensors.hpp"
#include "premix/nn/module.hpp"

namespace premix::io {

/// A parameter in file layout: names and layouts of the published code's state_dict. Only this header converts between
/// layouts. Weights of convolutions are (O, I, K, K), of transposed ones (I, O, K, K), everything else is a vector.
/// Output channels that are tap-major in memory are band-major in files (FileOrder).
template <Real T>
struct FileParameter {
  std::vector<std::int64_t> shape;
  std::vector<T> values;  // row-major
};

/// Returns the shape in files of a parameter. name: such as "model1.0.pf_ms.conv.weight"; shape: in memory.
std::vector<std::int64_t> file_shape(std::string_view name, const Shape& shape);

/// Converts a parameter, or the gradient of one, to file layout. parameter: a weight (O, K, K, I), (I, K, K, O) for a
/// transposed convolution, or (1, 1, 1, C).
template <Real T>
FileParameter<T> to_file_layout(std::string_view name, const Tensor<T>& parameter, FileOrder order = {});

/// Inverse of to_file_layout(). shape: in memory. Throws a run-time Error unless parameter has file_shape(name, shape).
template <Real T>
Tensor<T> from_file_layout(std::string_view name, const FileParameter<T>& parameter, const Shape& shape,
                           FileOrder order = {});

/// Reads a parameter. shape: in memory. Throws a data Error that names file and tensor if it is missing, has another
/// shape, or contains an infinite or NaN value.
template <Real T>
Tensor<T> read_parameter(const SafetensorsReader& reader, const std::string& name, const Shape& shape,
                         FileOrder order = {});

/// Throws a data Error if the file has a tensor PREFIX + name that is not in names. Ignores names with a further '/'
/// and the tensors of operation counters (.total_ops, .total_params).
void check_no_other_tensors(const SafetensorsReader& reader, std::string_view prefix,
                            const std::set<std::string>& names);

/// Reads all parameters of a module from the tensors PREFIX + name. Throws like read_parameter() and
/// check_no_other_tensors().
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

/// Adds values as F16. A double is rounded to float first. Throws a run-time Error that names the tensor if a value
/// exceeds the range of float16.
template <Real T>
void add_as_float16(SafetensorsWriter& writer, const std::string& name, std::vector<std::int64_t> shape,
                    const std::vector<T>& values);

/// Adds all parameters of a module as tensors PREFIX + name, in the order of the state_dict, as F16, or F32 or F64 of
/// the module. Throws like add_as_float16().
template <class Module>
void add_parameters(SafetensorsWriter& writer, const std::string& prefix, const Module& module,
                    WeightsStorage storage = WeightsStorage::full) {
  for_each_parameter(module, [&](const std::string& name, const auto& variable, FileOrder order) {
    auto [shape, values] = to_file_layout(name, variable.value().to(cpu()), order);
    if (storage == WeightsStorage::float16)
      add_as_float16(writer, prefix + name, std::move(shape), values);
    else
      writer.add<typename Module::Scalar>(prefix + name, std::move(shape), values);
  });
}

}  // namespace premix::io
