#pragma once

#include <cudnn_backend.h>

#include <cstring>
#include <map>
#include <optional>
#include <vector>

#include "cudnn.hpp"

// Internals of the simulated cuDNN: descriptors, their checks, and the computation of graphs.

namespace shim {

struct Attribute {
  cudnnBackendAttributeType_t type;
  std::int64_t count;
  std::vector<char> bytes;
};

/// Descriptor with its attributes.
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

/// Stores an attribute if the descriptor has one of this name, type and count.
cudnnStatus_t set(Object& object, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                  std::int64_t count, const void* values);

/// Returns whether the type of descriptor exists.
bool known(cudnnBackendDescriptorType_t type);

/// Checks that the descriptor, and those it refers to, have all required attributes.
cudnnStatus_t check_attributes(const Object& object);

/// Checks the sizes of a convolution. Other descriptors pass.
cudnnStatus_t check_operation(const Object& object);

/// Checks that engines can exist for the graph.
cudnnStatus_t check_graph(const Object& graph);

/// Throws if the pack lacks memory for a tensor of the graph, or if the memory is misaligned.
void check_bound(const Object& graph, const Object& pack);

/// Runs the graph in the memory that the pack binds to its tensors, as the engine does.
void compute(const Object& graph, const Object& pack, std::int64_t engine);

}  // namespace shim
