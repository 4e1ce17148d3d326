#pragma once

#include <cudnn_backend.h>

#include <cstring>
#include <map>
#include <optional>
#include <vector>

#include "cudnn.hpp"

// The inside of the pretended cuDNN: descriptors, how they are checked, and what graphs compute.

namespace shim {

struct Attribute {
  cudnnBackendAttributeType_t type;
  std::int64_t count;
  std::vector<char> bytes;
};

/// A descriptor.
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

/// Stores an attribute if the descriptor has one of that name, type and count.
cudnnStatus_t set(Object& object, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                  std::int64_t count, const void* values);

/// Whether there are descriptors of the type.
bool known(cudnnBackendDescriptorType_t type);

/// Whether all is there that must be, with what the attributes refer to.
cudnnStatus_t check_attributes(const Object& object);

/// Whether an operation's sizes agree, if the descriptor is a convolution's.
cudnnStatus_t check_operation(const Object& object);

/// Whether the pretended cuDNN can have engines for it.
cudnnStatus_t check_graph(const Object& graph);

/// Throws where the pack has no memory for one of the graph's tensors, or misaligned memory.
void check_bound(const Object& graph, const Object& pack);

/// Computes it in the memory that the pack binds to its tensors, as an engine does.
void compute(const Object& graph, const Object& pack, std::int64_t engine);

}  // namespace shim
