#include "cuda/cudnn/descriptor.hpp"

#include "premix/core/error.hpp"

namespace premix::cudnn {

void check(cudnnStatus_t status, const char* call) {
  if (status != CUDNN_STATUS_SUCCESS) throw Refused(concat(library().error_string(status), " in ", call));
}

std::vector<cudnnBackendDescriptor_t> Descriptor::handles_of(const std::vector<Descriptor>& values) {
  std::vector<cudnnBackendDescriptor_t> handles;
  for (const Descriptor& value : values) handles.push_back(value.handle_);
  return handles;
}

void Descriptor::set_array(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                           const void* values) {
  const cudnnStatus_t status = library().set_attribute(handle_, name, type, count, values);
  if (status != CUDNN_STATUS_SUCCESS) check(status, concat("setting attribute ", static_cast<int>(name)).c_str());
}

std::int64_t Descriptor::get_array(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                   std::int64_t most, void* values) const {
  std::int64_t count = 0;
  const cudnnStatus_t status = library().get_attribute(handle_, name, type, most, &count, values);
  if (status != CUDNN_STATUS_SUCCESS) check(status, concat("getting attribute ", static_cast<int>(name)).c_str());
  return count;
}

// cuDNN fills descriptors made by the caller.
std::vector<Descriptor> Descriptor::get(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type,
                                        std::int64_t most) const {
  std::vector<Descriptor> values;
  for (std::int64_t i = 0; i < most; ++i) values.emplace_back(type);
  auto handles = handles_of(values);
  const std::int64_t given = std::min(most, get_array(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, handles.data()));
  values.erase(values.begin() + static_cast<std::ptrdiff_t>(given), values.end());
  return values;
}

}  // namespace premix::cudnn
